// The worker as the page sees it. The clock is here: a worker that does not answer is replaced.

import type {
  Answer,
  Check,
  Checking,
  Message,
  Order,
  Progress,
  RunEvent,
  Sent,
  Started,
  Starting,
  Verdict,
} from "./protocol";

export const CHECK_LIMIT = 10; // seconds for one check, or for one answer of the app
export const RUN_LIMIT = 60; // seconds for all checks of a run

/** An end without a verdict. The text is for the learner; `retry` says whether to offer that. */
export class Stopped extends Error {
  constructor(
    text: string,
    readonly retry = false,
  ) {
    super(text);
  }
}

/** Why an app cannot be started. */
export function unstarted(problem: Check): string {
  const where = problem.line ? ` (${problem.file ?? "main.py"}:${problem.line})` : "";
  return `The app cannot be started. ${problem.message}${where}`;
}

interface Pending {
  id: number;
  hear(message: Message): void;
  fail(error: Error): void;
}

const LATE = `Your app gave no answer within ${CHECK_LIMIT} s, and was stopped. Is there a loop without an end, or a call that blocks?`;

export type Listener = (progress: Progress | null) => void;

export class Runtime {
  private worker: Worker | undefined;
  private tell: Listener = () => {};
  /** What the worker's app was started with. */
  private app = "";
  private pending: Pending | undefined;
  private queue: Promise<unknown> = Promise.resolve();
  private last = 0;
  private clock = 0;

  constructor(private readonly base: string) {}

  /** Who is told how far it is: the last one who asked. */
  listen(tell: Listener): this {
    this.tell = tell;
    return this;
  }

  /** Start the worker, so that it is there when it is needed. */
  async boot(packs: string[]): Promise<void> {
    await this.one({ do: "boot", packs });
  }

  /** Start an app, unless it is this one that runs. What it prints then, and why it does not start. */
  async start(packs: string[], asked: Starting): Promise<Started> {
    const wanted = JSON.stringify(asked);
    if (this.worker && this.app === wanted) return { problem: null, output: "" };
    this.app = "";
    const started = (await this.one({ do: "start", packs, asked })) as Started;
    if (!started.problem) this.app = wanted;
    return started;
  }

  /** An answer of the app that was started last. */
  async ask(asked: Sent): Promise<Answer> {
    return (await this.one({ do: "ask", asked })) as Answer;
  }

  async openapi(): Promise<object> {
    return (await this.one({ do: "openapi" })) as object;
  }

  async memory(): Promise<number> {
    return (await this.one({ do: "memory" })) as number;
  }

  /** A Report, whatever the code does. Raises Stopped. */
  async check(
    packs: string[],
    asked: Checking,
    hear: (event: RunEvent) => void,
  ): Promise<Verdict> {
    const heard: RunEvent[] = [];
    const until = Date.now() + RUN_LIMIT * 1000;
    let request = asked;
    for (;;) {
      try {
        const order: Order = { do: "check", packs, asked: request };
        return (await this.one(order, (event) => {
          heard.push(event);
          hear(event);
        })) as Verdict;
      } catch (error) {
        if (!(error instanceof TooLate) || !heard.length) throw error;
        request = { ...asked, heard, seconds: error.seconds, late: Date.now() >= until };
      }
    }
  }

  /** Let go of whatever runs. */
  stop(): void {
    this.replace(new Stopped("Stopped."));
  }

  private one(order: Order, hear: (event: RunEvent) => void = () => {}): Promise<unknown> {
    const next = this.queue.then(() => this.send(order, hear));
    this.queue = next.catch(() => {});
    return next;
  }

  private send(order: Order, hear: (event: RunEvent) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.last;
      const end = () => {
        clearTimeout(this.clock);
        this.pending = undefined;
        this.tell(null);
      };
      const fail = (error: Error) => {
        end();
        reject(error);
      };
      this.pending = {
        id,
        fail,
        hear: (message) => {
          if ("progress" in message) {
            this.tell(message.progress);
          } else if ("event" in message) {
            hear(message.event);
            const { event, limit } = message.event;
            if (event === "load" || event === "start") this.wind(limit ?? CHECK_LIMIT);
          } else if ("error" in message) {
            fail(new Stopped(message.error, message.retry));
          } else {
            end();
            resolve(message.result);
          }
        },
      };
      if (order.do === "ask" || order.do === "openapi") this.wind(CHECK_LIMIT);
      try {
        this.started().postMessage({ id, order });
      } catch (error) {
        fail(new Stopped(`The editor cannot start Python here: ${(error as Error).message}`));
      }
    });
  }

  private started(): Worker {
    if (!this.worker) {
      const worker = new Worker(`${this.base}playground/worker.js`, { type: "module" });
      worker.onmessage = ({ data }: MessageEvent<Message>) => {
        if (this.pending?.id === data.id) this.pending.hear(data);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        this.replace(new Stopped(`Python stopped: ${event.message || "it could not be loaded"}.`, true));
      };
      this.worker = worker;
    }
    return this.worker;
  }

  private wind(seconds: number): void {
    clearTimeout(this.clock);
    this.clock = window.setTimeout(() => this.replace(new TooLate(seconds)), seconds * 1000);
  }

  private replace(error: Error): void {
    this.worker?.terminate();
    this.worker = undefined;
    this.app = "";
    this.pending?.fail(error);
  }
}

class TooLate extends Stopped {
  constructor(readonly seconds: number) {
    super(LATE);
  }
}
