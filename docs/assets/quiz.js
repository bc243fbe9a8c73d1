// A quiz of a page: its numbered choices become buttons, and say at once whether they are right.
// Without this script, the choices are a list and the answer is folded below it.
(() => {
  "use strict";

  const heading = document.getElementById("quiz");
  if (!heading) return;

  let answer = heading;
  while ((answer = answer.nextElementSibling) && answer.tagName !== "H2") {
    if (answer.tagName === "DETAILS") ask(answer);
  }

  function ask(answer) {
    const list = answer.previousElementSibling;
    const question = list?.previousElementSibling;
    const right = Number.parseInt(answer.querySelector("p > strong")?.textContent, 10);
    if (list?.tagName !== "OL" || !question || !right) return;

    const group = document.createElement("div");
    group.className = "quiz";
    group.setAttribute("role", "group");
    question.id ||= `quiz-${right}-${[...document.querySelectorAll(".quiz")].length + 1}`;
    group.setAttribute("aria-labelledby", question.id);

    const verdict = document.createElement("p");
    verdict.className = "quiz-verdict";
    verdict.setAttribute("role", "status");

    const buttons = [...list.children].map((item, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "quiz-choice";
      button.innerHTML = item.innerHTML; // of the page itself
      button.addEventListener("click", () => {
        const correct = index + 1 === right;
        for (const other of buttons) other.removeAttribute("data-chosen");
        button.dataset.chosen = correct ? "right" : "wrong";
        verdict.textContent = correct ? "✓ Right." : "✗ Not this one. The answer below says why.";
        answer.open = true;
      });
      return button;
    });
    group.append(...buttons, verdict);
    list.replaceWith(group);
  }
})();
