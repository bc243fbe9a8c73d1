// Builds the playground: node playground/build.mjs OUT
// The packs that pack.mjs has made lie in OUT already.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const out = process.argv[2];
const here = fileURLToPath(new URL(".", import.meta.url));

const packs = {};
for (const name of readdirSync(out).filter((name) => name.endsWith(".zst"))) {
  const data = readFileSync(join(out, name));
  const hash = createHash("sha256").update(data).digest("hex").slice(0, 12);
  packs[name.replace(/\.zst$/, "")] = { size: data.length, hash };
}

const common = {
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none",
  define: { PACKS: JSON.stringify(packs) },
  logLevel: "warning",
  external: ["node:*"],
};
const entry = (name) => join(here, `src/${name}.ts`);
await build({ ...common, entryPoints: ["worker", "app", "explore_frame"].map(entry), outdir: out });
const version = createHash("sha256");
for (const name of ["worker.js", "app.js", "explore_frame.js"]) {
  version.update(readFileSync(join(out, name)));
}
await build({
  ...common,
  entryPoints: [entry("sw")],
  outdir: out,
  format: "iife",
  define: { VERSION: JSON.stringify(version.digest("hex").slice(0, 12)) },
});
await build({
  ...common,
  entryPoints: [entry("smoke")],
  outfile: join(out, "smoke.mjs"),
  platform: "node",
  minify: false,
});
