/// <reference types="node" />
// Runs the checks in Pyodide under Node: node build/playground/smoke.mjs < requests > reports
//
// Each line of the input is an `Asked` of playground/python/checking.py as JSON, and each line of the
// output its Report, or {"error": "…"}. It is the browser's way without a browser: the same packs,
// started by the same code.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { decompress } from "fzstd";

import { Machine } from "./boot";

// The terminal's time zone, so that both see the same clock: course/spare.py says why this one.
process.env["TZ"] = "Asia/Kolkata";

const HERE = dirname(fileURLToPath(import.meta.url));
const EVERY = ["core", "course", "database", "auth", "deployment"];

const say = (text: string) => process.stderr.write(`${text}\n`);

const unpacked = (file: string) => decompress(readFileSync(join(HERE, `${file}.zst`)));

async function boot() {
  // Pyodide reads these from files.
  const indexURL = join(HERE, "node");
  mkdirSync(indexURL, { recursive: true });
  const put = (name: string, data: Uint8Array) => {
    const path = join(indexURL, name);
    writeFileSync(`${path}.${process.pid}`, data);
    renameSync(`${path}.${process.pid}`, path); // another one may be reading it
  };
  put("pyodide.asm.mjs", readFileSync(join(HERE, "pyodide.asm.mjs")));
  for (const name of ["pyodide.asm.wasm", "stdlib.zip"]) put(name, unpacked(name));
  console.info = say; // standard output belongs to the reports
  const machine = await Machine.boot(async (name) => unpacked(`${name}.zip`), {
    indexURL: `${indexURL}/`,
    stdLibURL: join(indexURL, "stdlib.zip"),
  });
  await machine.mount(EVERY);
  return machine.python();
}

async function main() {
  const python = await boot();
  for await (const request of createInterface({ input: process.stdin })) {
    let told: string;
    try {
      told = python.check(request, () => {});
      python.show(told);
    } catch (error) {
      told = JSON.stringify({ error: (error as Error).message });
    }
    process.stdout.write(`${told}\n`);
  }
}

// Left to itself, Node shows the line that threw, and Pyodide's code is a single line of 1 MB.
main().catch((error: Error) => {
  say(error.stack ?? String(error));
  process.exitCode = 1;
});
