// Opens a place to work on a page. docs/assets/playground.js imports this when it is wanted.

import { type Exercise, load } from "./exercise";
import { Runtime } from "./runtime";
import { type Example, Sandbox } from "./sandbox";
import { Store } from "./store";
import { Workbench } from "./workbench";

let runtime: Runtime | undefined;
const exercises = new Map<string, Promise<Exercise>>();

/** `base` is the address of assets/ on the site; `close` is called when the learner closes it. */
export async function open(
  mount: HTMLElement,
  base: string,
  slug: string,
  close: () => void,
): Promise<void> {
  const exercise = await prepared(base, slug);
  runtime ??= new Runtime(base);
  mount.replaceChildren(new Workbench(exercise, new Store(), runtime, base, close).element);
}

export async function run(
  mount: HTMLElement,
  base: string,
  slug: string,
  example: Example,
  close: () => void,
): Promise<void> {
  const exercise = await prepared(base, slug);
  runtime ??= new Runtime(base);
  mount.replaceChildren(new Sandbox(exercise, example, runtime, close).element);
}

async function prepared(base: string, slug: string): Promise<Exercise> {
  const exercise = exercises.get(slug) ?? load(base, slug);
  exercises.set(slug, exercise);
  exercise.catch(() => exercises.delete(slug));
  await styled(base);
  return exercise;
}

/** The styles are loaded only now, so that a page to read does not wait for them. */
function styled(base: string): Promise<void> {
  const href = `${base}playground/app.css`;
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      reject(new Error("The editor could not be downloaded. Are you online?"));
    };
    document.head.append(link);
  });
}

/** The bytes that Python holds, for the benchmarks. */
export const memory = (): Promise<number> => runtime?.memory() ?? Promise.resolve(0);
