// The place to work: files above, and below them what the checks and the app say.

import { Tabs, button, h, on } from "./dom";
import { Editor } from "./editor";
import { type Exercise, packs } from "./exercise";
import { Explore } from "./explore";
import { Workspace } from "./files";
import { hints } from "./hints";
import type { Answer, Progress, RunEvent, Sent, Verdict } from "./protocol";
import * as report from "./report";
import { type Runtime, Stopped, unstarted } from "./runtime";
import { Solution } from "./solution";
import type { Store } from "./store";
import { TryIt, asSent, lines } from "./tryit";

const MAC = /Mac|iP(hone|ad)/.test(navigator.platform);
const UNDO = "Under More you can bring back what was here before.";
const KEY = MAC ? "⌘ Enter" : "Ctrl+Enter";

export class Workbench {
  readonly element: HTMLElement;
  private readonly workspace: Workspace;
  private readonly editor: Editor;
  private readonly fileTabs: Tabs;
  private readonly workTabs: Tabs;
  private readonly editorPlace = h("div", { class: "pg-editor" });
  private readonly status = h("p", { class: "pg-state", role: "status" });
  private readonly note = h("p", { class: "pg-note", role: "alert", hidden: true });
  private readonly bar = h("progress", { hidden: true, "aria-label": "Download" });
  private readonly checks = h("div", { class: "pg-report" });
  private readonly checkButton: HTMLButtonElement;
  private readonly stopButton: HTMLButtonElement;
  private readonly undoButton: HTMLButtonElement;
  private readonly tryIt: TryIt;
  private readonly solution: Solution;
  private readonly closed = new AbortController();

  constructor(
    private readonly exercise: Exercise,
    private readonly store: Store,
    private readonly shared: Runtime,
    private readonly base: string,
    close: () => void,
  ) {
    this.workspace = new Workspace(exercise, store);
    this.checkButton = button(`Check`, () => void this.check(), {
      class: "pg-button pg-primary",
      title: KEY,
      "aria-keyshortcuts": MAC ? "Meta+Enter" : "Control+Enter",
    });
    this.stopButton = button("Stop", () => this.runtime.stop(), { hidden: true });
    this.undoButton = button("Bring back the files from before", () => this.undo());
    const run = () => void this.check();
    this.editor = new Editor(this.editorPlace, [{ key: "Mod-Enter", run }], (name, text) => {
      this.workspace.edit(name, text);
      this.trouble(store.trouble);
    });
    this.fileTabs = new Tabs("pg-file", "Files", (name) => this.open(name));
    this.workTabs = new Tabs("pg-work", "Results", (id) => {
      if (id === "solution") this.solution.show();
    });
    const app = {
      ask: (sent: Sent) => this.ask(sent),
      openapi: () => this.openapi(),
      copy: (text: string) => void navigator.clipboard?.writeText(text),
    };
    this.tryIt = new TryIt(app, {
      lines: store.environment(exercise.slug) ?? lines(exercise.environment),
      changed: (text) => store.keepEnvironment(exercise.slug, text),
    });
    const explore = new Explore(base, app);
    this.solution = new Solution(
      exercise.solution,
      () => this.workspace.files,
      () => store.record(exercise.slug).passed_at !== "",
    );
    this.workTabs.set(
      [
        { id: "checks", label: "Checks", panel: this.checks },
        { id: "try", label: "Try it", panel: this.tryIt.element },
        { id: "explore", label: "Explore", panel: explore.element },
        { id: "solution", label: "Solution", panel: this.solution.element },
      ],
      "checks",
    );
    this.element = on(
      h(
        "section",
        { class: "pg pg-bench", "aria-label": `Work on ${exercise.name}` },
        h(
          "header",
          { class: "pg-line" },
          h("strong", { class: "pg-title" }, `${exercise.name}: ${exercise.title}`),
          this.checkButton,
          this.stopButton,
          this.more(),
          button("Close", () => {
            this.closed.abort();
            close();
          }),
        ),
        this.note,
        h("div", { class: "pg-line pg-files" }, this.fileTabs.list, this.adding()),
        this.editorPlace,
        h(
          "p",
          { id: "pg-editor-help", class: "pg-unseen" },
          "Tab indents. To leave the editor by keyboard, press Escape and then Tab.",
        ),
        h("div", { class: "pg-line" }, this.status, this.bar),
        this.workTabs.list,
        this.checks,
        this.tryIt.element,
        explore.element,
        this.solution.element,
      ),
      {
        keydown: (event) => {
          if (event.key !== "Enter" || !(MAC ? event.metaKey : event.ctrlKey)) return;
          if (event.defaultPrevented) return;
          event.preventDefault();
          void this.check();
        },
      },
    );
    this.welcome();
    this.refresh("main.py");
    store.watch(exercise.slug, (files) => this.elsewhere(files), this.closed.signal);
    void this.boot();
  }

  async check(): Promise<void> {
    const { slug, title } = this.exercise;
    const files = { ...this.workspace.files };
    this.workTabs.choose("checks");
    this.busy(true);
    this.say("Checking …");
    const done: string[] = [];
    const began = performance.now();
    const seed = Math.random().toString(16).slice(2, 10);
    try {
      const asked = { slug, title, files, seed };
      const verdict = await this.runtime.check(packs(this.exercise, files), asked, (event) =>
        this.hear(event, done),
      );
      this.store.take(verdict.report);
      this.show(verdict, (performance.now() - began) / 1000);
    } catch (error) {
      this.failed(error as Error, () => void this.check());
    } finally {
      this.busy(false);
      this.trouble(this.store.trouble);
      this.element.dispatchEvent(new Event("checked", { bubbles: true }));
    }
  }

  private async boot(): Promise<void> {
    try {
      await this.runtime.boot(packs(this.exercise, this.workspace.files));
      this.say("Ready.");
    } catch (error) {
      this.failed(error as Error, () => void this.boot());
    }
  }

  private hear(event: RunEvent, done: string[]): void {
    if (event.event === "result" && event.check) done.push(event.check.id);
    if (event.event === "load") this.say("Importing and starting the app …");
    if (event.event === "start") this.say(`Checking … ${done.length} checks are done.`);
  }

  private show(verdict: Verdict, seconds: number): void {
    const { report: found, told } = verdict;
    const failed = found.problem ?? found.checks.find((check) => check.id === told.failure?.id);
    this.checks.replaceChildren(
      ...report.show(verdict, {
        page: (docs) => (docs.includes("://") ? docs : `${this.base}../${docs}`),
        line: (file, line) => this.go(file, line),
        send: (exchange) => {
          this.tryIt.fill(asSent(exchange));
          this.workTabs.choose("try");
          void this.tryIt.send();
        },
        copy: (text) => void navigator.clipboard?.writeText(text),
        hints: (check) => this.hints(check),
      }),
    );
    this.say(`${told.headline}. ${summary(found)}${seconds.toFixed(2)} s`);
    this.marked(failed?.file ?? "main.py", failed?.line ?? 0, failed?.message ?? "");
  }

  private hints(check: string): HTMLElement | null {
    const name = check.split("[")[0] ?? check;
    const { slug } = this.exercise;
    const shown = this.store.record(slug).hints[name] ?? 0;
    return hints(this.exercise.hints[name] ?? [], shown, (number) =>
      this.store.hintShown(slug, name, number),
    );
  }

  private get runtime(): Runtime {
    return this.shared.listen((progress) => this.progress(progress));
  }

  /** Send a request to the app, which is started again when its files have changed. */
  private async ask(sent: Sent): Promise<Answer> {
    const printed = await this.start();
    const answer = await this.runtime.ask(sent);
    return { ...answer, output: printed + answer.output };
  }

  private async openapi(): Promise<object> {
    await this.start();
    return this.runtime.openapi();
  }

  /** What the app prints when it starts. */
  private async start(): Promise<string> {
    const { slug } = this.exercise;
    const files = { ...this.workspace.files };
    const asked = { slug, files, environment: this.tryIt.environment };
    const { problem, output } = await this.runtime.start(packs(this.exercise, files), asked);
    if (problem) {
      this.marked(problem.file ?? "main.py", problem.line ?? 0, problem.message);
      throw new Stopped(unstarted(problem));
    }
    return output;
  }

  private progress(progress: Progress | null): void {
    this.bar.hidden = !progress?.total;
    if (!progress) {
      if (this.status.textContent?.endsWith("…") && !this.checkButton.disabled) this.say("Ready.");
      return;
    }
    const { what, done, total } = progress;
    if (total) {
      this.bar.max = total;
      this.bar.value = done;
      const [here, all] = [done, total].map((bytes) => (bytes / 1e6).toFixed(1));
      this.say(`${what} … ${here} of ${all} MB`);
    } else {
      this.say(`${what} …`);
    }
  }

  private failed(error: Error, again: () => void): void {
    this.say(error.message);
    const retry = error instanceof Stopped && error.retry;
    if (error instanceof Stopped && !retry) return;
    this.checks.replaceChildren(
      h("p", { class: "pg-trouble" }, error.message),
      h("p", {}, "In a terminal: ", h("code", {}, this.exercise.command)),
      button("Try again", again),
    );
  }

  private welcome(): void {
    this.checks.replaceChildren(
      h(
        "p",
        {},
        "Change ",
        h("code", {}, "main.py"),
        `, then press Check, or ${KEY}. It runs what `,
        h("code", {}, this.exercise.command),
        " runs in a terminal.",
      ),
    );
  }

  private open(name: string): void {
    this.editor.show(name, this.workspace.text(name), this.workspace.isReadOnly(name));
  }

  private go(file: string, line: number): void {
    this.fileTabs.choose(file);
    this.editor.go(line);
  }

  private marked(file: string, line: number, message: string): void {
    const shown = this.fileTabs.current;
    if (line && shown !== file && this.known(file)) this.fileTabs.choose(file);
    this.editor.mark(line && this.fileTabs.current === file ? line : 0, message);
  }

  private known(name: string): boolean {
    return name in this.workspace.files || name in this.exercise.provided;
  }

  private refresh(chosen: string): void {
    const { names, provided } = this.workspace;
    const panel = this.editorPlace;
    const tab = (label: string) => (id: string) => ({ id, label: `${id}${label}`, panel });
    const tabs = [...names.map(tab("")), ...provided.map(tab(" (read only)"))];
    const there = tabs.some(({ id }) => id === chosen) ? chosen : (tabs[0]?.id ?? "");
    this.fileTabs.set(tabs, there);
    this.undoButton.hidden = !this.workspace.canUndo;
  }

  private adding(): HTMLElement {
    const name = h("input", { "aria-label": "Name of a new file", placeholder: "new_file.py" });
    const form = h(
      "form",
      { class: "pg-adding" },
      name,
      h("button", { type: "submit", class: "pg-button" }, "Add file"),
    );
    return on(form, {
      submit: (event) => {
        event.preventDefault();
        const wanted = name.value.trim();
        const refused = this.workspace.refused(wanted);
        this.trouble(refused);
        if (refused) return;
        this.workspace.add(wanted);
        this.editor.close(wanted);
        name.value = "";
        this.refresh(wanted);
      },
    });
  }

  /** What is needed seldom. */
  private more(): HTMLElement {
    const file = h("input", { type: "file", accept: ".json", hidden: true });
    on(file, { change: () => void this.import(file) });
    const remove = button("Remove this file", () => this.remove());
    return h(
      "details",
      { class: "pg-more" },
      h("summary", {}, "More"),
      h(
        "div",
        { class: "pg-menu" },
        button("Reset to the starter", () => this.reset()),
        this.undoButton,
        remove,
        button("Export all my work", () => this.export()),
        button("Import a file", () => file.click()),
        file,
      ),
    );
  }

  private remove(): void {
    const name = this.fileTabs.current;
    if (name === "main.py" || this.workspace.isReadOnly(name)) {
      this.trouble(`${name} cannot be removed: the exercise needs it.`);
      return;
    }
    this.workspace.remove(name);
    this.reopen();
    this.trouble(`${name} is removed. ${UNDO}`);
  }

  private reset(): void {
    this.workspace.reset();
    this.reopen();
    this.trouble(`Your files are as the exercise gave them. ${UNDO}`);
  }

  private undo(): void {
    this.workspace.undo();
    this.reopen();
    this.trouble("Your files are as they were before.");
  }

  private reopen(): void {
    for (const name of [...this.workspace.names, this.fileTabs.current]) this.editor.close(name);
    this.refresh(this.fileTabs.current);
  }

  private elsewhere(files: Record<string, string>): void {
    this.workspace.take(files);
    this.reopen();
    this.trouble(`Another tab has changed these files. This is what they are now. ${UNDO}`);
  }

  private export(): void {
    const text = new Blob([this.store.export()], { type: "application/json" });
    const href = URL.createObjectURL(text);
    const link = h("a", { href, download: "fastapi-course.json" });
    link.click();
    URL.revokeObjectURL(href);
  }

  private async import(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    try {
      const said = this.store.import(await file.text());
      const files = this.store.files(this.exercise.slug);
      if (files) this.workspace.files = { ...files };
      this.reopen();
      this.trouble(`${said} ${UNDO}`);
    } catch (error) {
      this.trouble((error as Error).message);
    }
  }

  private busy(busy: boolean): void {
    this.checkButton.disabled = busy;
    this.stopButton.hidden = !busy;
  }

  private say(text: string): void {
    this.status.textContent = text;
  }

  private trouble(text: string): void {
    this.note.textContent = text;
    this.note.hidden = !text;
  }
}

function summary({ status, checks }: Verdict["report"]): string {
  if (status !== "pass") return "";
  const elsewhere = checks.filter((check) => check.kind === "terminal-only").length;
  if (!elsewhere) return "All checks pass. ";
  return `All checks that run here pass; ${elsewhere} run only in the terminal. `;
}
