// What the browser keeps: the files, and the progress in the form of .course/progress.json.

import type { Files, Report } from "./protocol";

const FILES = "fastapi-course:files:";
const BEFORE = "fastapi-course:before:";
const ENVIRONMENT = "fastapi-course:environment:";
const PROGRESS = "fastapi-course:progress";
const SCHEMA = 1;

interface Kept {
  [key: string]: unknown;
  status: string;
  passed: number;
  checks: number;
  checked_at: string;
  passed_at: string;
  hints: Record<string, number>;
}

interface Progress {
  schema: number;
  exercises: Record<string, Kept>;
}

/** Everything as one file. It is a progress file of the terminal's, with the code beside it. */
interface Export extends Progress {
  files: Record<string, Files>;
}

export class Store {
  /** Why nothing is kept, in a sentence, or "". */
  trouble = "";
  private readonly memory = new Map<string, string>();

  files(slug: string): Files | null {
    return this.read(FILES + slug) as Files | null;
  }

  keepFiles(slug: string, files: Files): void {
    this.write(FILES + slug, files);
  }

  /** The files before the last reset or import. */
  before(slug: string): Files | null {
    return this.read(BEFORE + slug) as Files | null;
  }

  keepBefore(slug: string, files: Files | null): void {
    this.write(BEFORE + slug, files);
  }

  /** What the app is tried with, as `NAME=value` in lines. */
  environment(slug: string): string | null {
    return this.read(ENVIRONMENT + slug) as string | null;
  }

  keepEnvironment(slug: string, lines: string): void {
    this.write(ENVIRONMENT + slug, lines);
  }

  /** Call `changed` when another tab has changed the files, until the signal says to end. */
  watch(slug: string, changed: (files: Files) => void, signal: AbortSignal): void {
    const heard = (event: StorageEvent) => {
      const files = event.key === FILES + slug ? this.files(slug) : null;
      if (files) changed(files);
    };
    window.addEventListener("storage", heard, { signal });
  }

  record(slug: string): Kept {
    return this.progress().exercises[slug] ?? nothing();
  }

  take(report: Report): void {
    this.change(report.lesson, (record) => {
      const now = `${new Date().toISOString().slice(0, 19)}Z`;
      record.status = report.status;
      record.checked_at = now;
      record.passed = report.checks.filter((check) => check.status === "pass").length;
      record.checks = report.checks.length || record.checks;
      if (report.status === "pass") record.passed_at ||= now;
    });
  }

  hintShown(slug: string, check: string, number: number): void {
    this.change(slug, (record) => {
      record.hints[check] = Math.max(number, record.hints[check] ?? 0);
    });
  }

  export(): string {
    const files: Record<string, Files> = {};
    for (const key of this.keys()) {
      if (key.startsWith(FILES)) {
        const slug = key.slice(FILES.length);
        files[slug] = this.files(slug) ?? {};
      }
    }
    const all: Export = { ...this.progress(), files };
    return `${JSON.stringify(all, null, 1)}\n`;
  }

  /** What was taken over, in a sentence. Raises an Error whose text is for the learner. */
  import(text: string): string {
    const all = understood(text);
    const progress = this.progress();
    for (const [slug, record] of Object.entries(all.exercises)) {
      const mine = progress.exercises[slug];
      if (!mine || record.checked_at > mine.checked_at) progress.exercises[slug] = record;
      const passed = [mine?.passed_at, record.passed_at].filter(Boolean).sort()[0];
      const kept = progress.exercises[slug];
      if (kept && passed) kept.passed_at = passed;
    }
    this.write(PROGRESS, progress);
    const slugs = Object.keys(all.files ?? {});
    for (const slug of slugs) {
      this.keepBefore(slug, this.files(slug));
      this.keepFiles(slug, all.files[slug] ?? {});
    }
    const count = Object.keys(all.exercises).length;
    return `Taken over: the progress of ${count} and the code of ${slugs.length} exercises.`;
  }

  private progress(): Progress {
    const found = this.read(PROGRESS) as Progress | null;
    return found?.exercises ? found : { schema: SCHEMA, exercises: {} };
  }

  private change(slug: string, make: (record: Kept) => void): void {
    const progress = this.progress();
    const record = { ...nothing(), ...progress.exercises[slug] };
    make(record);
    progress.exercises[slug] = record;
    this.write(PROGRESS, progress);
  }

  private keys(): string[] {
    try {
      return [...new Set([...Object.keys(localStorage), ...this.memory.keys()])];
    } catch {
      return [...this.memory.keys()];
    }
  }

  private read(key: string): unknown {
    let text = this.memory.get(key) ?? null;
    if (text === null) {
      try {
        text = localStorage.getItem(key);
      } catch {
        this.trouble = BLOCKED;
      }
    }
    try {
      return text === null ? null : JSON.parse(text);
    } catch {
      return null; // not ours
    }
  }

  private write(key: string, value: unknown): void {
    const text = JSON.stringify(value);
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, text);
      this.memory.delete(key);
      this.trouble = "";
    } catch (error) {
      // Until the page is closed it is kept here.
      this.memory.set(key, text);
      const full = error instanceof DOMException && error.name === "QuotaExceededError";
      this.trouble = full ? FULL : BLOCKED;
    }
  }
}

const LOST = "Your code is lost when you close this page, unless you export it.";
const BLOCKED = `This browser does not let the site keep anything. ${LOST}`;
const FULL = `This browser has no room left for the site. ${LOST}`;

const nothing = (): Kept => ({
  status: "",
  passed: 0,
  checks: 0,
  checked_at: "",
  passed_at: "",
  hints: {},
});

function understood(text: string): Export {
  let data: Partial<Export> | null;
  try {
    data = JSON.parse(text);
  } catch {
    data = null;
  }
  const isMap = (value: unknown) => typeof value === "object" && value !== null;
  if (!data || !isMap(data) || !isMap(data.exercises) || !isMap(data.files ?? {})) {
    throw new Error("That is no file that this course has exported. Nothing was changed.");
  }
  if ((data.schema ?? 0) > SCHEMA) {
    throw new Error("A newer version of the course has written that file. Nothing was changed.");
  }
  const exercises: Progress["exercises"] = {};
  for (const [slug, record] of Object.entries(data.exercises ?? {})) {
    if (isMap(record)) exercises[slug] = { ...nothing(), ...record };
  }
  const files: Record<string, Files> = {};
  for (const [slug, some] of Object.entries(data.files ?? {})) {
    if (isMap(some) && Object.values(some).every((file) => typeof file === "string")) {
      files[slug] = some;
    }
  }
  return { schema: SCHEMA, exercises, files };
}
