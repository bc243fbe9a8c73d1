// The learner's files of one exercise: what they are now, and what they were before.

import type { Exercise } from "./exercise";
import type { Files } from "./protocol";
import type { Store } from "./store";

const NAME = /^[\w.][\w.-]*(\/[\w.][\w.-]*)*$/;

export class Workspace {
  files: Files;
  /** Whether something was typed here since the files came from elsewhere. */
  private typed = false;

  constructor(
    readonly exercise: Exercise,
    private readonly store: Store,
  ) {
    this.files = { ...(store.files(exercise.slug) ?? exercise.starter) };
  }

  get names(): string[] {
    return Object.keys(this.files).sort(byMainFirst);
  }

  get provided(): string[] {
    return Object.keys(this.exercise.provided).filter((name) => !(name in this.files)).sort();
  }

  isReadOnly(name: string): boolean {
    return !(name in this.files);
  }

  text(name: string): string {
    return this.files[name] ?? this.exercise.provided[name] ?? "";
  }

  edit(name: string, text: string): void {
    this.files[name] = text;
    this.typed = true;
    this.keep();
  }

  /** Another tab has written these. What was typed here is kept aside. */
  take(files: Files): void {
    if (this.typed) this.store.keepBefore(this.exercise.slug, { ...this.files });
    this.typed = false;
    this.files = { ...files };
  }

  /** Why there can be no file of this name, or "". */
  refused(name: string): string {
    if (!NAME.test(name) || name.split("/").includes("..")) {
      return "A file's name has letters, digits, _ - and ., and / between folders.";
    }
    return name in this.files ? `There is a file ${name} already.` : "";
  }

  add(name: string): void {
    this.edit(name, this.exercise.provided[name] ?? "");
  }

  remove(name: string): void {
    this.store.keepBefore(this.exercise.slug, { ...this.files });
    delete this.files[name];
    this.keep();
  }

  reset(): void {
    this.store.keepBefore(this.exercise.slug, { ...this.files });
    this.files = { ...this.exercise.starter };
    this.keep();
  }

  get canUndo(): boolean {
    return this.store.before(this.exercise.slug) !== null;
  }

  /** What was before the last reset; the files of now take its place. */
  undo(): void {
    const before = this.store.before(this.exercise.slug);
    if (!before) return;
    this.store.keepBefore(this.exercise.slug, { ...this.files });
    this.files = { ...before };
    this.keep();
  }

  private keep(): void {
    this.store.keepFiles(this.exercise.slug, this.files);
  }
}

function byMainFirst(a: string, b: string): number {
  return Number(b === "main.py") - Number(a === "main.py") || a.localeCompare(b);
}
