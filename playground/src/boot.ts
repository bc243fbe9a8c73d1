// Starts Pyodide with the packs of the course, in a browser's worker and in Node alike.

import { argon2d, argon2i, argon2id } from "@noble/hashes/argon2.js";
import type { PyodideAPI } from "pyodide";
import { loadPyodide } from "pyodide";

export interface Python {
  check(asked: string, tell: (event: string) => void): string;
  show(report: string): string;
  start(asked: string): string;
  ask(asked: string): string;
  openapi(): string;
}

/** Gives a pack, unpacked. */
export type Get = (name: string) => Promise<Uint8Array>;

// Nothing is ever loaded from where this would say.
const NO_PACKAGES = {
  info: {
    abi_version: "2026_0",
    arch: "wasm32" as const,
    platform: "emscripten_5_0_3",
    python: "3.14.2",
    version: "314.0.7",
  },
  packages: {},
};

type Hash = typeof argon2id;
type Buffer = { toJs(): Uint8Array };

const called =
  (hash: Hash) => (secret: Buffer, salt: Buffer, t: number, m: number, p: number, dkLen: number) =>
    hash(secret.toJs(), salt.toJs(), { t, m, p, dkLen });

const ARGON2 = { argon2d: called(argon2d), argon2i: called(argon2i), argon2id: called(argon2id) };

export class Machine {
  private mounted = new Map<string, Promise<void>>();

  private constructor(
    private readonly api: PyodideAPI,
    private readonly get: Get,
  ) {}

  static async boot(get: Get, where: { indexURL: string; stdLibURL: string }): Promise<Machine> {
    const api = await loadPyodide({
      ...where,
      packages: [],
      lockFileContents: NO_PACKAGES,
      stdout: (text) => console.info(text),
      stderr: (text) => console.info(text),
    });
    api.registerJsModule("argon2_in_js", ARGON2);
    api.FS.mkdirTree("/packs");
    return new Machine(api, get);
  }

  /** Let Python import from these packs. */
  async mount(names: string[]): Promise<void> {
    await Promise.all(names.map((name) => this.download(name)));
    for (const name of names) {
      this.api.runPython(
        `import sys; "/packs/course.zip" in sys.path or sys.path.append("/packs/course.zip")
import packs; packs.mount(${JSON.stringify(name)})`,
      );
    }
  }

  /** The functions of the course. To be called after `mount`. */
  python(): Python {
    return this.api.runPython(`
import checking, showing, trying
from pyodide.ffi import to_js
import js
to_js({
    "check": checking.check, "show": showing.show, "start": trying.tried.start,
    "ask": trying.tried.ask, "openapi": trying.tried.openapi,
}, dict_converter=js.Object.fromEntries)`) as Python;
  }

  /** In bytes. */
  get memory(): number {
    return (this.api as unknown as { _module: { HEAPU8: Uint8Array } })._module.HEAPU8.length;
  }

  private download(name: string): Promise<void> {
    let there = this.mounted.get(name);
    if (!there) {
      there = this.get(name).then((bytes) => {
        this.api.FS.writeFile(`/packs/${name}.zip`, bytes, { canOwn: true });
      });
      this.mounted.set(name, there);
      there.catch(() => this.mounted.delete(name)); // the next one tries again
    }
    return there;
  }
}
