// An example of a page, to run and to change, with the requests that the page sends to it.

import { parsed } from "./curl";
import { button, h } from "./dom";
import { Editor } from "./editor";
import { type Exercise, packs } from "./exercise";
import type { Answer, Files, Sent } from "./protocol";
import { type Runtime, Stopped, unstarted } from "./runtime";
import { TryIt } from "./tryit";

/** What the page shows. */
export interface Example {
  name: string;
  source: string;
  /** Other files that the page shows, which lie beside it. */
  files: Files;
  /** The commands with curl below it. */
  commands: string[];
}

export class Sandbox {
  readonly element: HTMLElement;
  private source: string;
  private readonly tryIt: TryIt;
  private readonly status = h("p", { class: "pg-state", role: "status" });

  constructor(
    private readonly exercise: Exercise,
    private readonly example: Example,
    private readonly runtime: Runtime,
    close: () => void,
  ) {
    this.source = example.source;
    const place = h("div", { class: "pg-editor pg-small" });
    const editor = new Editor(place, [{ key: "Mod-Enter", run: () => void this.tryIt.send() }], (_, text) => {
      this.source = text;
    });
    editor.show(example.name, example.source, false);
    this.tryIt = new TryIt({
      ask: (sent) => this.ask(sent),
      copy: (text) => void navigator.clipboard?.writeText(text),
    });
    const requests = example.commands.map(parsed).filter((sent) => sent !== null);
    this.element = h(
      "section",
      { class: "pg", "aria-label": "Run this example" },
      h(
        "header",
        { class: "pg-line" },
        h("strong", { class: "pg-title" }, "Change it, and send it requests"),
        button("As it was", () => {
          this.source = example.source;
          editor.replace(example.name, example.source);
        }),
        button("Close", close),
      ),
      place,
      requests.length ? this.prepared(requests) : null,
      this.status,
      this.tryIt.element,
    );
    if (requests[0]) this.tryIt.fill(requests[0]);
    void this.tryIt.send();
  }

  private prepared(requests: Sent[]): HTMLElement {
    return h(
      "div",
      { class: "pg-line", role: "group", "aria-label": "Requests of the page" },
      ...requests.map((sent) =>
        button(`${sent.method} ${sent.url}`, () => {
          this.tryIt.fill(sent);
          void this.tryIt.send();
        }),
      ),
    );
  }

  private async ask(sent: Sent): Promise<Answer> {
    const { name } = this.example;
    const files: Files = { ...this.example.files, [name]: this.source };
    if (!("main.py" in files)) files["main.py"] = this.source;
    this.runtime.listen((progress) => {
      const { what, done, total } = progress ?? { what: "", done: 0, total: 0 };
      const size = total ? ` ${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB` : "";
      this.status.textContent = progress ? `${what} …${size}` : "";
    });
    const { slug, environment } = this.exercise;
    const asked = { slug, files, environment };
    const { problem, output } = await this.runtime.start(packs(this.exercise, files), asked);
    if (problem) throw new Stopped(unstarted(problem));
    const answer = await this.runtime.ask(sent);
    return { ...answer, output: output + answer.output };
  }
}
