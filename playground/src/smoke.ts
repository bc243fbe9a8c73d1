/// <reference types="node" />
// Runs the checks in Pyodide under Node: node build/playground/smoke.mjs < requests.json > reports
//
// The input is a JSON list of {slug, title, files, seed}, with files as {"main.py": "…"}; the
// output is one Report a line, or {"error": "…"}. It is the browser's way without a browser: the
// same packs, started by the same code.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { decompress } from "fzstd";

import { Machine } from "./boot";
import type { Checking } from "./protocol";

// The terminal's time zone, so that both see the same clock: course/spare.py says why this one.
process.env["TZ"] = "Asia/Kolkata";

const HERE = dirname(fileURLToPath(import.meta.url));
const EVERY = ["core", "course", "database", "auth", "deployment"];

const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(2);
const say = (text: string) => process.stderr.write(`${text}\n`);

const unpacked = (file: string) => decompress(readFileSync(join(HERE, `${file}.zst`)));

async function boot() {
  // Pyodide reads these two from files.
  const indexURL = join(HERE, "node");
  mkdirSync(indexURL, { recursive: true });
  for (const name of ["pyodide.asm.wasm", "stdlib.zip"]) {
    writeFileSync(join(indexURL, name), unpacked(name));
  }
  writeFileSync(join(indexURL, "pyodide.asm.mjs"), readFileSync(join(HERE, "pyodide.asm.mjs")));
  console.info = say; // standard output belongs to the reports
  const machine = await Machine.boot(async (name) => unpacked(`${name}.zip`), {
    indexURL: `${indexURL}/`,
    stdLibURL: join(indexURL, "stdlib.zip"),
  });
  await machine.mount(EVERY);
  return machine.python();
}

async function main() {
  let started = performance.now();
  const requests = (await json(process.stdin)) as Checking[];
  const python = await boot();
  say(`boot ${seconds(started)} s`);
  for (const request of requests) {
    started = performance.now();
    let told: string;
    try {
      told = python.check(JSON.stringify(request), () => {});
      python.show(told);
    } catch (error) {
      told = JSON.stringify({ error: (error as Error).message });
    }
    process.stdout.write(`${told}\n`);
    say(`${request.slug} ${seconds(started)} s`);
  }
}

// Left to itself, Node shows the line that threw, and Pyodide's code is a single line of 1 MB.
main().catch((error: Error) => {
  say(error.stack ?? String(error));
  process.exitCode = 1;
});
