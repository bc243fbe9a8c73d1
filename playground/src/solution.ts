// The solution: after passing, or when the learner says that they want it all the same.

import { button, h } from "./dom";
import { difference } from "./editor";
import type { Files } from "./protocol";

export class Solution {
  readonly element = h("div", { class: "pg-solution" });
  private confirmed = false;

  constructor(
    private readonly solution: Files,
    private readonly mine: () => Files,
    private readonly passed: () => boolean,
  ) {}

  /** Draw it as it is now. */
  show(): void {
    if (!this.passed() && !this.confirmed) {
      const ask = button("Show it all the same", () => {
        this.confirmed = true;
        this.show();
        this.element.querySelector<HTMLElement>("h3")?.focus();
      });
      this.element.replaceChildren(
        h("p", {}, "You have not passed yet. The hints are shorter, and you learn more."),
        ask,
      );
      return;
    }
    const mine = this.mine();
    this.element.replaceChildren(
      h("p", {}, "Green lines are of the solution, red ones of your code. Others may be as right."),
      ...Object.entries(this.solution).flatMap(([name, text]) => [
        h("h3", { tabindex: -1 }, name),
        mine[name] === text
          ? h("p", {}, "Yours is the same.")
          : difference(name, mine[name] ?? "", text),
      ]),
    );
  }
}
