// Offers to work on the page itself. What that needs is downloaded when somebody wants it.
(() => {
  "use strict";

  const base = new URL("./", document.currentScript.src).href;
  const root = new URL("../", base).href;
  const idle = window.requestIdleCallback ?? ((call) => setTimeout(call, 200));

  // What was read once can be read offline.
  const offline = new Promise((resolve) => addEventListener("load", () => idle(resolve)))
    .then(() => navigator.serviceWorker?.register(`${root}sw.js`, { scope: root }))
    .then(() => navigator.serviceWorker?.ready)
    .then((worker) => worker?.active)
    .catch(() => undefined); // blocked: then it works online only

  async function keep(urls) {
    (await offline)?.postMessage({ keep: urls });
  }

  function keepLoaded() {
    const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
    return keep([location.href, ...loaded]);
  }
  void offline.then(keepLoaded);

  const mount = document.querySelector(".playground[data-exercise]");
  if (!mount) return;

  const slug = mount.dataset.exercise;
  const key = `fastapi-course:open:${slug}`;
  const offer = [...mount.children];
  let opened = null;
  const place = document.createElement("div");
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  const button = opener("Open the editor");
  const early = opener("Open the editor beside the text");
  mount.append(button, said, place);
  document.querySelector("article h1")?.after(early);
  early.classList.add("playground-early");

  function opener(text) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "md-button md-button--primary";
    made.textContent = text;
    made.addEventListener("click", () => void show(made));
    return made;
  }

  /** `asked` is the button that was pressed, if one was. */
  async function show(asked) {
    button.disabled = early.disabled = true;
    said.textContent = "Loading the editor …";
    try {
      const app = await import(`${base}playground/app.js`);
      await app.open(place, base, slug, hide);
      said.textContent = "";
      for (const node of [button, early, ...offer]) node.hidden = true;
      document.body.classList.add("pg-open");
      remember("yes");
      // Not before the first verdict: until then, every byte is one to wait for.
      place.addEventListener("checked", () => setTimeout(keepCourse, 2000), { once: true });
      opened = asked;
      if (asked) place.querySelector(".cm-content")?.focus();
    } catch (error) {
      said.textContent = `The editor cannot be shown. ${reason(error)}`;
      asked?.scrollIntoView({ block: "nearest" });
    } finally {
      button.disabled = early.disabled = false;
    }
  }

  async function keepCourse() {
    await keepLoaded();
    const response = await fetch(`${base}playground/offline.json`).catch(() => undefined);
    if (response?.ok) void keep((await response.json()).map((path) => root + path));
  }

  function hide() {
    place.replaceChildren();
    document.body.classList.remove("pg-open");
    for (const node of [button, early, ...offer]) node.hidden = false;
    (opened ?? button).focus();
    remember("no");
  }

  function reason(error) {
    if (error instanceof SyntaxError) return "This browser is too old for it.";
    if (error instanceof TypeError) return "It could not be downloaded. Are you online?";
    return error.message;
  }

  // The examples of the page, with the requests that stand below them.
  const blocks = [...document.querySelectorAll("article .highlight")].map((block) => ({
    block,
    python: block.matches(".language-python"),
    console: block.matches(".language-console"),
    name: block.querySelector(".filename")?.textContent.trim() ?? "",
    text: block.querySelector("pre code")?.textContent ?? "",
  }));
  const files = Object.fromEntries(
    blocks.filter(({ name }) => name).map(({ name, text }) => [name, text]),
  );
  blocks.forEach(({ block, python, name, text }, index) => {
    if (!python || !text.includes("FastAPI(") || block.closest("details")) return;
    const end = blocks.findIndex((other, n) => n > index && other.python);
    const below = blocks.slice(index + 1, end < 0 ? undefined : end);
    const commands = below
      .filter((other) => other.console)
      .flatMap((other) => other.text.split("\n"))
      .filter((line) => line.startsWith("$ curl"))
      .map((line) => line.slice(2));
    offerToRun(block, { name: name || "main.py", source: text, files, commands });
  });

  function offerToRun(block, example) {
    const holder = document.createElement("div");
    const run = document.createElement("button");
    run.type = "button";
    run.className = "playground-run";
    run.textContent = "Run this example";
    const message = document.createElement("p");
    message.setAttribute("role", "status");
    message.hidden = true;
    run.addEventListener("click", async () => {
      run.disabled = true;
      try {
        const app = await import(`${base}playground/app.js`);
        await app.run(holder, base, slug, example, () => {
          holder.replaceChildren();
          run.hidden = false;
          run.focus();
        });
        run.hidden = true;
        message.hidden = true;
        holder.querySelector(".cm-content")?.focus();
      } catch (error) {
        message.hidden = false;
        message.textContent = `The example cannot be run here. ${reason(error)}`;
      } finally {
        run.disabled = false;
      }
    });
    const offer = document.createElement("div");
    offer.className = "playground";
    offer.append(run, message, holder);
    block.after(offer);
  }

  function remember(answer) {
    try {
      localStorage.setItem(key, answer);
    } catch {
      // Then it is asked again.
    }
  }

  function remembered() {
    try {
      return localStorage.getItem(key) === "yes";
    } catch {
      return false;
    }
  }

  if (remembered()) {
    addEventListener("load", () => idle(() => void show(null)));
  }
})();
