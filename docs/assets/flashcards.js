// Flashcards from the page of questions: one source, one card at a time, Leitner's boxes.
(() => {
  "use strict";

  const root = document.getElementById("flashcards");
  if (!root) return;

  const PAUSES = [0, 1, 3, 7, 21]; // days until a card of box 1, 2, … comes back
  const KEY = "fastapi-course.flashcards.1";
  // The link that stands here for those without JavaScript says where the questions are.
  const source = root.querySelector("a").href;

  // What is remembered: { [card]: { box, due } }, `due` as a number of days.

  let remembers = true;

  function load() {
    try {
      const read = JSON.parse(localStorage.getItem(KEY) ?? "{}");
      return read !== null && typeof read === "object" ? read : {};
    } catch (error) {
      remembers = error instanceof SyntaxError; // kept, but unreadable: begin anew
      return {};
    }
  }

  function save() {
    try {
      localStorage.setItem(KEY, JSON.stringify(state));
    } catch {
      remembers = false;
    }
  }

  const state = load();

  function today() {
    const now = new Date();
    return Math.floor(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()) / 86_400_000);
  }

  function place(card) {
    const { box, due } = state[card.id] ?? {};
    const valid = Number.isInteger(box) && box >= 1 && box <= PAUSES.length && Number.isFinite(due);
    return valid ? { box, due } : { box: 1, due: 0 };
  }

  function rate(card, known) {
    const box = known ? Math.min(place(card).box + 1, PAUSES.length) : 1;
    state[card.id] = { box, due: today() + PAUSES[box - 1] };
    save();
  }

  // The cards.

  function read(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    let section = "";
    return [...page.querySelectorAll("article h2, article details.question")].flatMap((element) => {
      if (element.tagName === "H2") {
        section = element.firstChild.textContent.trim();
        return [];
      }
      const question = element.querySelector("summary").textContent.trim();
      const answer = [...element.children].slice(1).map((part) => document.importNode(part, true));
      for (const link of answer.flatMap((part) => [...part.querySelectorAll("a[href]")])) {
        link.href = new URL(link.getAttribute("href"), source);
      }
      const id = question.toLowerCase().replace(/[^a-z0-9]+/g, "-");
      return [{ id, section, question, answer }];
    });
  }

  // What is shown.

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  const button = (text, key, onclick) =>
    make("button", { type: "button", class: "md-button", "data-key": key, onclick }, text);

  let all = [];
  let queue = [];
  let section = "";

  function start(everything = false) {
    const chosen = all.filter((card) => !section || card.section === section);
    queue = everything ? chosen : chosen.filter((card) => place(card).due <= today());
    queue.sort((a, b) => place(a).box - place(b).box);
    return chosen;
  }

  function show(focus) {
    const card = queue[0];
    const body = card ? front(card) : done();
    root.replaceChildren(choice(), ...body);
    if (!remembers) {
      root.append(make("p", { class: "flashcards-note" }, "Your browser keeps nothing for this page. The cards are forgotten when you leave it."));
    }
    if (focus) root.querySelector("[data-focus]").focus();
  }

  function choice() {
    const select = make("select", {
      onchange: (event) => {
        section = event.target.value;
        start();
        show(false);
        root.querySelector("select").focus();
      },
    });
    const sections = [...new Set(all.map((card) => card.section))];
    for (const name of ["", ...sections]) {
      const option = make("option", { value: name }, name || "All questions");
      option.selected = name === section;
      select.append(option);
    }
    const left = make("span", { role: "status" }, `${queue.length} left today`);
    return make("p", { class: "flashcards-choice" }, make("label", {}, "From ", select), " ", left);
  }

  function front(card) {
    const question = make(
      "p",
      { class: "flashcards-question", tabindex: "-1", "data-focus": "" },
      card.question,
    );
    const box = `${card.section} · box ${place(card).box} of ${PAUSES.length}`;
    const turn = button("Show the answer", " ", () => {
      const answer = make(
        "div",
        { class: "flashcards-answer", tabindex: "-1", role: "group", "aria-label": "Answer" },
        ...card.answer,
      );
      turn.parentElement.replaceWith(
        answer,
        make(
          "p",
          { class: "flashcards-buttons" },
          button("Not yet", "1", () => next(false)),
          " ",
          button("I knew it", "2", () => next(true)),
        ),
      );
      answer.focus();
    });
    return [
      make("p", { class: "flashcards-box" }, box),
      question,
      make("p", { class: "flashcards-buttons" }, turn),
    ];
  }

  function next(known) {
    const card = queue.shift();
    rate(card, known);
    if (!known) queue.push(card);
    show(true);
  }

  function done() {
    const chosen = all.filter((card) => !section || card.section === section);
    const days = Math.min(...chosen.map((card) => place(card).due)) - today();
    const when = days === 1 ? "tomorrow" : `in ${days} days`;
    const boxes = PAUSES.map((_, n) => chosen.filter((card) => place(card).box === n + 1).length);
    return [
      make(
        "p",
        { class: "flashcards-question", tabindex: "-1", "data-focus": "" },
        days > 0 ? `Done for today. The next card comes ${when}.` : "Done.",
      ),
      make("p", {}, `In the boxes 1 to ${PAUSES.length}: ${boxes.join(", ")}.`),
      make(
        "p",
        { class: "flashcards-buttons" },
        button("All of them once more", "1", () => {
          start(true);
          show(true);
        }),
        " ",
        button("Put all into box 1", "2", () => {
          for (const card of chosen) delete state[card.id];
          save();
          start();
          show(true);
        }),
      ),
    ];
  }

  root.addEventListener("keydown", (event) => {
    const own = event.target.closest("button, select, a");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (own && (event.key === " " || own.tagName === "SELECT")) return; // they know what to do
    const wanted = root.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!wanted) return;
    event.preventDefault();
    event.stopPropagation();
    wanted.click();
  });

  fetch(source)
    .then((response) => (response.ok ? response.text() : Promise.reject(response.status)))
    .then((html) => {
      all = read(html);
      if (!all.length) throw new Error("no questions");
      start();
      show(false);
    })
    .catch(() => {
      const link = make("a", { href: source }, "The page with all questions");
      root.replaceChildren(
        make("p", { role: "alert" }, "The cards could not be loaded. ", link, " has the same content."),
      );
    });
})();
