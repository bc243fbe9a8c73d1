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
}

/** Raises an Error whose text is for the learner. */
export async function load(base: string, slug: string): Promise<Exercise> {
  const response = await fetch(`${base}playground/exercises/${slug}.json`).catch(() => null);
  if (!response?.ok) {
    throw new Error("The files of this exercise could not be downloaded. Are you online?");
  }
  return (await response.json()) as Exercise;
}

const NEEDED: Record<string, RegExp> = {
  database: /\b(sqlalchemy|aiosqlite)\b/,
  auth: /\b(jwt|pwdlib|argon2)\b/,
};

/** The packs that the files ask for, beyond those of the exercise. */
export function packs(exercise: Exercise, files: Files): string[] {
  const text = Object.values(files).join("\n");
  const more = Object.keys(NEEDED).filter((name) => NEEDED[name]?.test(text));
  return [...new Set([...exercise.packs, ...more])];
}
