// Makes what the browser downloads: node playground/pack.mjs OUT SITE
// SITE is the site-packages of the course's own environment.
// Python's library, the wheels and the course become packs; pack.py says how. A pack whose sources
// are as they were is left as it is: packing all of them takes half a minute.

import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPyodide } from "pyodide";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PYODIDE = join(ROOT, "playground/node_modules/pyodide");
const WHEELS = join(ROOT, "build/wheels");
const PACKER = readFileSync(join(ROOT, "playground/pack.py"), "utf8");

// What only some lessons need is downloaded with them. All else is in the core.
const EXTRA = {
  database: ["sqlalchemy", "aiosqlite"],
  auth: ["argon2_cffi", "pwdlib", "pyjwt"],
  deployment: [
    "attrs",
    "crossplane",
    "dockerfile_parse",
    "jsonschema",
    "jsonschema_specifications",
    "referencing",
  ],
};
// PyYAML has no wheel for every platform, and of check-jsonschema one file is needed.
const SCHEMA = "builtin_schemas/vendor/compose-spec.json";
const INSTALLED = {
  yaml: "yaml",
  "check_jsonschema/__init__.py": "on-disk/packages/check_jsonschema/__init__.py",
  [`check_jsonschema/${SCHEMA}`]: `on-disk/packages/check_jsonschema/${SCHEMA}`,
};

const [out, site] = process.argv.slice(2);

/** For each pack its sources: where they are, and where pack.py finds them. */
function sources() {
  const packs = {
    "pyodide.asm.wasm": [[join(PYODIDE, "pyodide.asm.wasm"), "/in/plain/pyodide.asm.wasm"]],
    "stdlib.zip": [[join(PYODIDE, "python_stdlib.zip"), "/in/stdlib.zip"]],
    "core.zip": [],
    "database.zip": [],
    "auth.zip": [],
    "deployment.zip": Object.entries(INSTALLED).map(([from, to]) => [
      join(site, from),
      `/in/installed/${to}`,
    ]),
    "course.zip": [
      ...["course/__init__.py", "course/harness", "course/deployment"].map((path) => [
        join(ROOT, path),
        `/in/course/${path}`,
      ]),
      [join(ROOT, "playground/python"), "/in/course"],
      [join(ROOT, "checks"), "/in/course/on-disk/course/checks"],
      [join(ROOT, "course/starters"), "/in/course/on-disk/course/lessons"],
    ],
  };
  for (const wheel of readdirSync(WHEELS).filter((name) => name.endsWith(".whl"))) {
    const name = wheel.split("-")[0].toLowerCase();
    const pack = Object.keys(EXTRA).find((key) => EXTRA[key].includes(name)) ?? "core";
    packs[`${pack}.zip`].push([join(WHEELS, wheel), `/in/wheels/${wheel}`]);
  }
  return packs;
}

function* files(from, to) {
  if (statSync(from).isDirectory()) {
    for (const name of readdirSync(from).sort().filter((name) => name !== "__pycache__")) {
      yield* files(join(from, name), `${to}/${name}`);
    }
  } else {
    yield [to, readFileSync(from)];
  }
}

mkdirSync(out, { recursive: true });
copyFileSync(join(PYODIDE, "pyodide.asm.mjs"), join(out, "pyodide.asm.mjs"));

const changed = {};
for (const [name, from] of Object.entries(sources())) {
  const found = from.flatMap(([path, to]) => [...files(path, to)]);
  const hash = createHash("sha256").update(PACKER);
  for (const [path, data] of found) hash.update(`${path} ${data.length} `).update(data);
  const digest = hash.digest("hex");
  const note = join(out, `${name}.from`);
  const known = existsSync(join(out, `${name}.zst`)) && existsSync(note);
  if (!known || readFileSync(note, "utf8") !== digest) {
    changed[name] = { found, digest, inside: from.map(([, to]) => to) };
  }
}

if (Object.keys(changed).length) {
  process.stderr.write(`Packing for the browser: ${Object.keys(changed).join(", ")}\n`);
  const python = await loadPyodide({ stdout: (text) => process.stderr.write(`  ${text}\n`) });
  const { FS } = python;
  for (const folder of ["/in/plain", "/out"]) FS.mkdirTree(folder);
  const asked = {};
  for (const [name, { found, inside }] of Object.entries(changed)) {
    for (const [path, data] of found) {
      FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
      FS.writeFile(path, data);
    }
    const folders = inside.map((path) => path.match(/^\/in\/(course|installed)/)?.[0] ?? path);
    if (name.endsWith(".zip")) asked[name] = [...new Set(folders)];
  }
  FS.writeFile("/in/packs.json", JSON.stringify(asked));
  python.runPython(PACKER);
  for (const [name, { digest }] of Object.entries(changed)) {
    writeFileSync(join(out, `${name}.zst`), FS.readFile(`/out/${name}.zst`));
    writeFileSync(join(out, `${name}.from`), digest);
  }
}
