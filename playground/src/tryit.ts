// A client for the learner's app: compose a request, read the answer, send it again.

import { button, h, on, unseen } from "./dom";
import type { Answer, Exchange, Sent } from "./protocol";
import { printed } from "./report";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const KINDS = { JSON: "application/json", Form: "application/x-www-form-urlencoded", Text: "text/plain" };
const MOST = 20; // requests that are remembered

export interface Server {
  /** Send a request to the app, started with the files of now. Raises Stopped. */
  ask(sent: Sent): Promise<Answer>;
  copy(text: string): void;
}

/** What the app finds in its environment, as `NAME=value` in lines. */
export interface Environment {
  lines: string;
  changed(lines: string): void;
}

export class TryIt {
  readonly element: HTMLElement;
  private readonly method: HTMLSelectElement;
  private readonly path = field("Path", "/", "/products/1");
  private readonly query = field("Query", "", "limit=2&sort=price");
  private readonly headers = area("Headers, one a line", "", "Authorization: Bearer …");
  private readonly body = area("Body", "", '{"name": "Cup"}');
  private readonly kind: HTMLSelectElement;
  private readonly answer = h("div", { class: "pg-answer", role: "status" });
  private readonly past = h("ol", { class: "pg-history" });
  private readonly sender: HTMLButtonElement;
  private readonly rest: HTMLDetailsElement;
  private readonly variables = area("Environment", "", "NAME=value");

  constructor(
    private readonly server: Server,
    environment?: Environment,
  ) {
    this.method = h("select", { class: "pg-method" }, ...METHODS.map(choice));
    this.kind = h("select", {}, ...Object.keys(KINDS).map(choice));
    this.sender = h("button", { type: "submit", class: "pg-button pg-primary" }, "Send");
    this.rest = h(
      "details",
      {},
      h("summary", {}, "Headers and body"),
      labelled("Headers, one a line", this.headers),
      labelled("The body is", this.kind),
      labelled("Body", this.body),
    );
    const form = h(
      "form",
      { class: "pg-request" },
      h(
        "div",
        { class: "pg-line" },
        labelled("Method", this.method),
        labelled("Path", this.path),
        labelled("Query", this.query),
        this.sender,
      ),
      this.rest,
    );
    on(form, {
      submit: (event) => {
        event.preventDefault();
        void this.send();
      },
    });
    this.element = h(
      "div",
      { class: "pg-try" },
      form,
      environment ? this.surroundings(environment) : null,
      this.answer,
      h("section", { class: "pg-past" }, h("h3", {}, "Sent before"), this.past),
    );
  }

  /** The variables that the app is to be started with. */
  get environment(): Record<string, string> {
    const pairs = this.variables.value.split("\n").map((line) => /^\s*(\w+)=(.*?)\s*$/.exec(line));
    return Object.fromEntries(pairs.flatMap((pair) => (pair ? [[pair[1], pair[2]]] : [])));
  }

  private surroundings({ lines: text, changed }: Environment): HTMLElement {
    this.variables.value = text;
    on(this.variables, { input: () => changed(this.variables.value) });
    return h(
      "details",
      {},
      h("summary", {}, "Environment of the app"),
      labelled("NAME=value, one a line. The checks set their own.", this.variables),
    );
  }

  /** Put a request into the form. */
  fill(sent: Sent): void {
    const [path = "/", query = ""] = sent.url.split(/\?(.*)/s);
    this.method.value = METHODS.includes(sent.method) ? sent.method : "GET";
    this.path.value = path;
    this.query.value = query;
    const kind = sent.headers.find(([name]) => name.toLowerCase() === "content-type")?.[1];
    const known = Object.entries(KINDS).find(([, type]) => kind?.startsWith(type));
    this.kind.value = known?.[0] ?? "JSON";
    this.headers.value = sent.headers
      .filter(([name]) => name.toLowerCase() !== "content-type" || !known)
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n");
    this.body.value = sent.body ?? "";
    if (this.headers.value || this.body.value) this.rest.open = true;
  }

  async send(): Promise<void> {
    const sent = this.composed();
    this.sender.disabled = true;
    this.answer.replaceChildren(h("p", {}, `${sent.method} ${sent.url} …`));
    try {
      const answer = await this.server.ask(sent);
      this.answer.replaceChildren(...this.told(answer));
      this.remember(sent, answer.status);
    } catch (error) {
      this.answer.replaceChildren(h("p", { class: "pg-trouble" }, (error as Error).message));
    } finally {
      this.sender.disabled = false;
    }
  }

  private composed(): Sent {
    const method = this.method.value;
    const path = this.path.value.trim() || "/";
    const query = this.query.value.trim().replace(/^\?/, "");
    const headers: Sent["headers"] = [];
    for (const line of this.headers.value.split("\n")) {
      const [, name, value] = /^\s*([^:\s]+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
      if (name) headers.push([name, value ?? ""]);
    }
    const body = this.body.value === "" ? null : this.body.value;
    const typed = headers.some(([name]) => name.toLowerCase() === "content-type");
    if (body !== null && !typed) {
      headers.push(["content-type", KINDS[this.kind.value as keyof typeof KINDS]]);
    }
    const url = `${path.startsWith("/") ? "" : "/"}${path}${query ? `?${query}` : ""}`;
    return { method, url, headers, body };
  }

  private told(answer: Answer): (HTMLElement | string)[] {
    const headers = answer.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
    return [
      h(
        "p",
        { class: "pg-status" },
        h("strong", {}, String(answer.status)),
        ` in ${(answer.seconds * 1000).toFixed(1)} ms `,
        button("Copy as curl", () => this.server.copy(answer.curl)),
      ),
      answer.error ? h("p", { class: "pg-trouble" }, `Your app raised ${answer.error}.`) : "",
      h(
        "details",
        {},
        h("summary", {}, `${answer.headers.length} headers`),
        h("pre", { tabindex: 0 }, headers),
      ),
      h("pre", { class: "pg-body", tabindex: 0, "aria-label": "Body of the answer" }, pretty(answer)),
      printed(answer.output) ?? "",
    ].filter((part) => part !== "");
  }

  private remember(sent: Sent, status: number): void {
    const again = button(`${sent.method} ${sent.url}`, () => this.fill(sent), {
      class: "pg-link",
      title: "Put it into the form again",
    });
    this.past.prepend(h("li", {}, again, ` → ${status}`, unseen(".")));
    while (this.past.children.length > MOST) this.past.lastElementChild?.remove();
  }
}

/** Variables as lines to edit. */
export const lines = (environment: Record<string, string>) =>
  Object.entries(environment)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n");

/** A request of a Report as one that can be sent again. */
export function asSent(exchange: Exchange): Sent {
  const { request } = exchange;
  const body = request === null || typeof request === "string" ? request : JSON.stringify(request);
  return {
    method: exchange.method,
    url: exchange.url,
    headers: Object.entries(exchange.headers),
    body: body as string | null,
  };
}

function pretty(answer: Answer): string {
  if (!answer.body) return "(no body)";
  if (!answer.text) return `(not text, in base64)\n${answer.body}`;
  try {
    return JSON.stringify(JSON.parse(answer.body), null, 2);
  } catch {
    return answer.body;
  }
}

const choice = (text: string) => h("option", {}, text);
const labelled = (text: string, control: HTMLElement) =>
  h("label", {}, h("span", {}, text), control);
const field = (name: string, value: string, placeholder: string) =>
  h("input", { name, value, placeholder, autocomplete: "off", spellcheck: "false" });
const area = (name: string, value: string, placeholder: string) =>
  h("textarea", { name, placeholder, rows: 3, spellcheck: "false" }, value);
