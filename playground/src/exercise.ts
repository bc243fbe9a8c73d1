// An exercise as `python -m course site` writes it for the page.

import type { Files } from "./protocol";

export interface Exercise {
  slug: string;
  /** `Lesson 3`, `Challenge`, … */
  name: string;
  title: string;
  /** What to type in a terminal. */
  command: string;
  /** What the learner edits, as it is at first. */
  starter: Files;
  /** What the exercise provides, and nobody changes. */
  provided: Files;
  solution: Files;
  hints: Record<string, string[]>;
  packs: string[];
  /** What the app finds in its environment when it is tried. The checks set their own. */
  environment: Record<string, string>;
  /** The pattern in a file's text that asks for a pack, by the pack's name. */
  needs: Record<string, string>;
}

/** Raises an Error whose text is for the learner. */
export async function load(base: string, slug: string): Promise<Exercise> {
  const response = await fetch(`${base}playground/exercises/${slug}.json`).catch(() => null);
  if (!response?.ok) {
    throw new Error("The files of this exercise could not be downloaded. Are you online?");
  }
  return (await response.json()) as Exercise;
}

/** The packs that the files ask for, beyond those of the exercise. */
export function packs(exercise: Exercise, files: Files): string[] {
  const text = Object.values(files).join("\n");
  const needed = Object.entries(exercise.needs).filter(([, used]) => new RegExp(used).test(text));
  return [...new Set([...exercise.packs, ...needed.map(([name]) => name)])];
}
