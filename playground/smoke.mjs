// Runs the checks in Pyodide under Node: node playground/smoke.mjs < requests.json > reports
//
// The input is a JSON list of {slug, title, files, seed}, with files as {"main.py": "…"}; the
// output is one Report a line, or {"error": "…"}. It is the browser's way without a browser: the
// same Pyodide, the same wheels, a file system of its own into which everything is copied.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { loadPyodide } from "pyodide";

// The terminal's time zone, so that both see the same clock: course/spare.py says why this one.
process.env.TZ = "Asia/Kolkata";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const COURSE = ["course/__init__.py", "course/harness", "course/deployment", "checks", "lessons"];

const PACKAGES = "/lib/python3.14/site-packages";

const seconds = (since) => ((performance.now() - since) / 1000).toFixed(2);
const say = (text) => process.stderr.write(`${text}\n`);

async function boot() {
  // Standard output belongs to the reports.
  const pyodide = await loadPyodide({ stdout: say, stderr: say });
  const wheels = join(ROOT, "build/wheels");
  for (const name of readdirSync(wheels).filter((name) => name.endsWith(".whl"))) {
    const wheel = new Uint8Array(readFileSync(join(wheels, name)));
    pyodide.unpackArchive(wheel, "wheel", { extractDir: PACKAGES });
  }
  for (const path of COURSE) copy(pyodide.FS, join(ROOT, path), `/course/${path}`);
  copy(pyodide.FS, join(ROOT, "playground/python"), "/playground");
  pyodide.runPython("import sys; sys.path += ['/course', '/playground']");
  return pyodide.pyimport("checking").check;
}

function copy(FS, from, to) {
  if (statSync(from).isDirectory()) {
    for (const name of readdirSync(from).filter((name) => name !== "__pycache__")) {
      copy(FS, join(from, name), `${to}/${name}`);
    }
  } else {
    FS.mkdirTree(to.slice(0, to.lastIndexOf("/")));
    FS.writeFile(to, readFileSync(from));
  }
}

function report(check, request) {
  try {
    return check(JSON.stringify(request));
  } catch (error) {
    return JSON.stringify({ error: error.message });
  }
}

async function main() {
  let started = performance.now();
  const requests = await json(process.stdin);
  const check = await boot();
  say(`boot ${seconds(started)} s`);
  for (const request of requests) {
    started = performance.now();
    process.stdout.write(`${report(check, request)}\n`);
    say(`${request.slug} ${seconds(started)} s`);
  }
}

// Left to itself, Node shows the line that threw, and Pyodide's code is a single line of 1 MB.
main().catch((error) => {
  say(error.stack);
  process.exitCode = 1;
});
