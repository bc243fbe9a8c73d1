// What the page and the worker say to each other. Reports and their parts are those of the course:
// docs/report.md.

export type Files = Record<string, string>;

export interface Exchange {
  method: string;
  url: string;
  headers: Record<string, string>;
  request: unknown;
  status: number | null;
  response: unknown;
  curl: string;
}

export interface Check {
  id: string;
  title: string;
  status: "pass" | "fail" | "error" | "skipped";
  kind: string | null;
  message: string;
  file: string | null;
  line: number | null;
  exchanges: Exchange[];
  hints: number;
  docs: string | null;
}

export interface Report {
  lesson: string;
  title: string;
  status: "pass" | "fail" | "error";
  problem: Check | null;
  checks: Check[];
  output: string;
  seconds: number;
}

export type Row = [label: string, text: string];

export interface Remark {
  label: string;
  place: string;
  text: string;
  references: Row[];
}

/** A Report in the words of the terminal. */
export interface Told {
  headline: string;
  failure: { id: string; title: string; rows: Row[] } | null;
  notRun: Row[];
  waits: string;
  remarks: Remark[];
  moreRemarks: string;
}

export interface Verdict {
  report: Report;
  told: Told;
}

export interface Sent {
  method: string;
  url: string;
  headers: [string, string][];
  body: string | null;
}

export interface Answer {
  status: number;
  headers: [string, string][];
  body: string;
  /** Whether `body` is text, and not base64. */
  text: boolean;
  seconds: number;
  curl: string;
  output: string;
  error: string | null;
}

export interface Started {
  problem: Check | null;
  output: string;
}

/** An event of a run, as `course.harness.run` emits it. */
export interface RunEvent {
  event: string;
  id?: string;
  check?: Check;
  checks?: Check[];
  limit?: number;
}

export interface Checking {
  slug: string;
  title: string;
  files: Files;
  seed: string;
  heard?: RunEvent[];
  late?: boolean;
  seconds?: number;
}

/** What an app is started with. */
export interface Starting {
  slug: string;
  files: Files;
  environment: Record<string, string>;
}

export type Order =
  | { do: "boot"; packs: string[] }
  | { do: "check"; packs: string[]; asked: Checking }
  | { do: "start"; packs: string[]; asked: Starting }
  | { do: "ask"; asked: Sent }
  | { do: "openapi" }
  | { do: "memory" };

export interface Progress {
  what: string;
  /** Bytes; 0 of 0 where they are not known. */
  done: number;
  total: number;
}

export type Message =
  | { id: number; progress: Progress }
  | { id: number; event: RunEvent }
  | { id: number; result: unknown }
  | { id: number; error: string; retry: boolean };
