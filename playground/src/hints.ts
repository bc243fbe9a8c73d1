// The hints of a check, one at a time.

import { button, h } from "./dom";

/** `shown` have been shown already; `next` is told of each one more. */
export function hints(
  texts: string[],
  shown: number,
  next: (number: number) => void,
): HTMLElement | null {
  if (!texts.length) return null;
  let count = Math.min(shown, texts.length);
  const list = h("ol", { class: "pg-hints", "aria-live": "polite" });
  const more = button("", () => {
    count += 1;
    next(count);
    draw();
  });
  const draw = () => {
    const fresh = texts.slice(list.children.length, count);
    list.append(...fresh.map((text) => h("li", {}, text)));
    more.textContent = `Hint ${count + 1} of ${texts.length}`;
    more.hidden = count >= texts.length;
  };
  draw();
  return h("section", { "aria-label": "Hints" }, list, more);
}
