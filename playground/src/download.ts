// Downloads packs, tells how far it is, and keeps them for the next visit.

import { decompress } from "fzstd";

import type { Progress } from "./protocol";

/** Set by build.mjs: the size in bytes and the hash of each file, as it is downloaded. */
declare const PACKS: Record<string, { size: number; hash: string }>;

const CALLED: Record<string, string> = {
  "pyodide.asm.wasm": "Python",
  "stdlib.zip": "Python's library",
  "core.zip": "FastAPI and pytest",
  "course.zip": "the checks",
  "database.zip": "SQLAlchemy",
  "auth.zip": "what passwords and tokens need",
  "deployment.zip": "what reads Docker's and nginx's files",
};

/** A download that failed. The text is for the learner. */
export class DownloadFailed extends Error {}

export class Downloads {
  private readonly done = new Map<string, number>();

  constructor(
    private readonly base: string,
    private readonly tell: (progress: Progress) => void,
  ) {}

  /** The unpacked content of `NAME.zst`. Raises DownloadFailed. */
  async get(name: string): Promise<Uint8Array> {
    const pack = PACKS[name];
    if (!pack) throw new Error(`There is no pack ${name}.`);
    const url = `${this.base}${name}.zst?${pack.hash}`;
    const cache = await kept(this.base);
    const there = await cache?.match(url);
    const data = there
      ? new Uint8Array(await there.arrayBuffer())
      : await this.fetched(name, url, pack.size);
    if (!there) await keep(cache, url, data);
    this.count(name, pack.size);
    return decompress(data);
  }

  private async fetched(name: string, url: string, size: number): Promise<Uint8Array> {
    const called = CALLED[name] ?? name;
    let response: Response;
    try {
      response = await fetch(url);
    } catch {
      throw new DownloadFailed(`${sentence(called)} could not be downloaded. Are you online?`);
    }
    if (!response.ok || !response.body) {
      throw new DownloadFailed(`${sentence(called)} could not be downloaded: ${response.status}.`);
    }
    const data = new Uint8Array(size);
    let length = 0;
    const reader = response.body.getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        if (length + value.length <= size) data.set(value, length);
        length += value.length;
        this.count(name, Math.min(length, size));
      }
    } catch {
      length = -1;
    }
    if (length !== size) {
      throw new DownloadFailed(`The download of ${called} broke off.`);
    }
    return data;
  }

  private count(name: string, bytes: number): void {
    this.done.set(name, bytes);
    const names = [...this.done.keys()];
    const sum = (sizes: number[]) => sizes.reduce((a, b) => a + b, 0);
    const last = [...this.done].find(([key, done]) => done < (PACKS[key]?.size ?? 0));
    this.tell({
      what: `Downloading ${CALLED[last?.[0] ?? name] ?? name}`,
      done: sum([...this.done.values()]),
      total: sum(names.map((key) => PACKS[key]?.size ?? 0)),
    });
  }
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Where packs are kept, or nothing where the browser does not let us. */
async function kept(base: string): Promise<Cache | undefined> {
  try {
    return await caches.open(`fastapi-course-packs ${base}`);
  } catch {
    return undefined;
  }
}

async function keep(cache: Cache | undefined, url: string, data: Uint8Array): Promise<void> {
  try {
    await cache?.put(url, new Response(data as BodyInit));
    for (const request of (await cache?.keys()) ?? []) {
      const [path, hash] = request.url.split("?");
      const name = path?.split("/").at(-1)?.replace(/\.zst$/, "") ?? "";
      if (PACKS[name]?.hash !== hash) await cache?.delete(request);
    }
  } catch {
    // The disk is full, or not for us: it is downloaded again next time.
  }
}
