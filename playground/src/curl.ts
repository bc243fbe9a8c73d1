// Reads a curl command of a page as a request.

import type { Sent } from "./protocol";

const NEXT: Record<string, "method" | "header" | "data" | "json" | "skip"> = {
  "-X": "method",
  "--request": "method",
  "-H": "header",
  "--header": "header",
  "-d": "data",
  "--data": "data",
  "--json": "json",
  "-w": "skip",
  "-m": "skip",
  "-o": "skip",
};

/** Null when it is no request to the reader's own machine. */
export function parsed(command: string): Sent | null {
  const words = shellWords(command.split(" | ")[0] ?? "");
  if (words.shift() !== "curl") return null;
  let method = "";
  let url = "";
  let body: string | null = null;
  const headers: Sent["headers"] = [];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const kind = NEXT[word];
    const value = kind ? (words.shift() ?? "") : "";
    if (kind === "method") method = value;
    else if (kind === "header") {
      const [name = "", text = ""] = value.split(/:\s*(.*)/s);
      headers.push([name, text]);
    } else if (kind === "data" || kind === "json") body = value;
    else if (!kind && !word.startsWith("-")) url = word;
    if (kind === "json") headers.push(["content-type", "application/json"]);
    if (kind === "data" && !headers.some(([name]) => name.toLowerCase() === "content-type")) {
      headers.push(["content-type", "application/x-www-form-urlencoded"]);
    }
  }
  if (!/^(http:\/\/)?(127\.0\.0\.1|localhost)\b/.test(url)) return null;
  const { pathname, search } = new URL(url.startsWith("http") ? url : `http://${url}`);
  return { method: method || (body === null ? "GET" : "POST"), url: pathname + search, headers, body };
}

/** Splits as a shell does, with quotes and backslashes, and without variables. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word = "";
  let begun = false;
  let quote = "";
  for (let index = 0; index < line.length; index += 1) {
    const char = line[index] as string;
    if (quote) {
      if (char === quote) quote = "";
      else if (char === "\\" && quote === '"') word += line[(index += 1)] ?? "";
      else word += char;
    } else if (char === "'" || char === '"') {
      quote = char;
      begun = true;
    } else if (char === "\\") {
      index += 1;
      if (line[index] !== "\n") word += line[index] ?? "";
    } else if (/\s/.test(char)) {
      if (word || begun) words.push(word);
      word = "";
      begun = false;
    } else word += char;
  }
  if (word || begun) words.push(word);
  return words;
}
