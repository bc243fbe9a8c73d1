// The worker: Python and the course, away from the page. It does one thing at a time.

import { Machine, type Python } from "./boot";
import { DownloadFailed, Downloads } from "./download";
import type { Message, Order, Progress, Verdict } from "./protocol";

const BASE = new URL("./", import.meta.url).href;
const ALWAYS = ["core", "course"];

let current = 0;
const post = (message: Message) => self.postMessage(message);
const tell = (progress: Progress) => post({ id: current, progress });

let machine: Promise<Machine> | undefined;
let python: Python | undefined;

async function boot(packs: string[]): Promise<Python> {
  const wanted = [...ALWAYS, ...packs];
  machine ??= start(wanted);
  const ready = await machine;
  await ready.mount(wanted);
  python ??= ready.python();
  return python;
}

async function start(packs: string[]): Promise<Machine> {
  const downloads = new Downloads(BASE, tell);
  const wasm = downloads.get("pyodide.asm.wasm");
  const stdlib = downloads.get("stdlib.zip");
  const others = new Map(packs.map((name) => [name, downloads.get(`${name}.zip`)]));
  // Whichever fails is waited for below; none of them may fail unheard before that.
  await Promise.all([wasm, stdlib, ...others.values()]);
  tell({ what: "Starting Python", done: 0, total: 0 });
  const really = self.fetch;
  self.fetch = async (input, init) =>
    String(input instanceof Request ? input.url : input).endsWith("pyodide.asm.wasm")
      ? new Response((await wasm) as BodyInit, { headers: { "content-type": "application/wasm" } })
      : really(input, init);
  const stdLibURL = URL.createObjectURL(new Blob([(await stdlib) as BlobPart]));
  try {
    const get = (name: string) => others.get(name) ?? downloads.get(`${name}.zip`);
    return await Promise.race([Machine.boot(get, { indexURL: BASE, stdLibURL }), notCompiled()]);
  } finally {
    self.fetch = really;
    URL.revokeObjectURL(stdLibURL);
  }
}

/** Pyodide itself waits for ever when its WebAssembly cannot be compiled. */
function notCompiled(): Promise<never> {
  const really = WebAssembly.instantiateStreaming;
  return new Promise((_, reject) => {
    WebAssembly.instantiateStreaming = (source, imports) => {
      WebAssembly.instantiateStreaming = really;
      const compiled = really(source, imports);
      compiled.catch(reject);
      return compiled;
    };
  });
}

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case "boot":
      await boot(order.packs);
      return null;
    case "check": {
      const { check, show } = await boot(order.packs);
      tell({ what: "Checking", done: 0, total: 0 });
      const report = check(JSON.stringify(order.asked), (event) =>
        post({ id: current, event: JSON.parse(event) }),
      );
      return { report: JSON.parse(report), told: JSON.parse(show(report)) } as Verdict;
    }
    case "start": {
      const { start } = await boot(order.packs);
      tell({ what: "Starting your app", done: 0, total: 0 });
      post({ id: current, event: { event: "load" } });
      return JSON.parse(start(JSON.stringify(order.asked)));
    }
    case "ask":
      return JSON.parse((await boot([])).ask(JSON.stringify(order.asked)));
    case "memory":
      return (await machine)?.memory ?? 0;
    case "openapi":
      return JSON.parse((await boot([])).openapi());
  }
}

self.onmessage = async ({ data }: MessageEvent<{ id: number; order: Order }>) => {
  current = data.id;
  try {
    post({ id: data.id, result: await obey(data.order) });
  } catch (error) {
    failed(error);
  }
};

function failed(error: unknown): void {
  const booted = python !== undefined;
  if (!booted) machine = undefined; // so that the next order tries again
  if (!(error instanceof DownloadFailed)) console.error(error);
  const what = String(error instanceof Error ? error.message : error).trim().split("\n").at(-1) ?? "";
  post({ id: current, error: sentence(error, booted, what), retry: true });
}

function sentence(error: unknown, booted: boolean, what: string): string {
  if (error instanceof DownloadFailed) return error.message;
  if (booted) return `The course itself has failed here: ${what}`;
  return `Python cannot be started in this browser, which may be too old or short of memory: ${what}`;
}
