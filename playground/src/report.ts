// A Report on the page. Its words come with it; here they get their places.

import { button, h, unseen } from "./dom";
import type { Check, Exchange, Verdict } from "./protocol";

export interface Actions {
  /** The address of a page of the site, as a Report names it. */
  page(docs: string): string;
  line(file: string, line: number): void;
  send(exchange: Exchange): void;
  copy(text: string): void;
  hints(check: string): HTMLElement | null;
}

const GLYPHS = { pass: "✓", fail: "✗", error: "✗", skipped: "○" };
const WORDS = { pass: "passes", fail: "fails", error: "fails", skipped: "was not run" };

export function show({ report, told }: Verdict, actions: Actions): HTMLElement[] {
  const first = told.failure;
  const failed = report.problem ?? report.checks.find((check) => check.id === first?.id);
  const others = report.checks.filter((check) => check.id !== first?.id);
  const here = others.filter((check) => check.kind !== "terminal-only");
  const elsewhere = others.filter((check) => check.kind === "terminal-only");
  return [
    first && failed ? failure(first, failed, actions) : null,
    h("ul", { class: "pg-checks" }, ...here.map(line)),
    ...told.notRun.map(([what, why]) => h("p", {}, `${what} ${why}`)),
    told.waits ? h("p", { class: "pg-quiet" }, `○ ${told.waits}`) : null,
    elsewhere.length ? terminal(elsewhere) : null,
    printed(report.output),
    ...told.remarks.map((remark) =>
      h(
        "section",
        { class: "pg-remark" },
        h("h3", {}, remark.label),
        h("p", {}, remark.text, remark.place ? ` (${remark.place})` : null),
        ...remark.references.map(([label, text]) =>
          label === "Read" ? reading(text, actions) : h("p", {}, `${label}: ${text}`),
        ),
      ),
    ),
    told.moreRemarks ? h("p", { class: "pg-quiet" }, told.moreRemarks) : null,
  ].filter((part): part is HTMLElement => part !== null);
}

function line(check: Check): HTMLElement {
  return h(
    "li",
    { class: `pg-${check.status}` },
    h("span", { "aria-hidden": "true", class: "pg-glyph" }, GLYPHS[check.status]),
    ` ${check.title}`,
    unseen(` ${WORDS[check.status]}.`),
  );
}

function failure(
  first: NonNullable<Verdict["told"]["failure"]>,
  check: Check,
  actions: Actions,
): HTMLElement {
  const rows = h("dl", {});
  const last = check.exchanges.at(-1);
  for (const [label, text] of first.rows) {
    const said = h("dd", { class: `pg-row-${label.toLowerCase().replace(/\W/g, "-")}` });
    if (label === "Read") {
      said.append(reading(text, actions));
    } else if (label === "Why") {
      said.append(h("strong", {}, text));
    } else if (label === "Your code" && check.line) {
      const { line, file } = check;
      said.append(h("code", {}, text), " ");
      said.append(button("Go there", () => actions.line(file ?? "main.py", line)));
    } else if (label === "Try again" && last) {
      said.append(h("code", {}, text), " ");
      said.append(button("Try it", () => actions.send(last)));
      said.append(button("Copy", () => actions.copy(text), { "aria-label": "Copy the curl command" }));
    } else {
      said.append(h("code", {}, text));
    }
    rows.append(h("dt", {}, label), said);
  }
  return h(
    "section",
    { class: "pg-failure", "aria-label": "What fails first" },
    h(
      "h3",
      {},
      h("span", { "aria-hidden": "true", class: "pg-glyph" }, "✗"),
      ` ${first.title}`,
      unseen(" fails."),
    ),
    rows,
    actions.hints(check.id),
  );
}

function reading(docs: string, actions: Actions): HTMLElement {
  return h("a", { href: actions.page(docs) }, docs.includes("#") ? "The part of the page" : docs);
}

function terminal(checks: Check[]): HTMLElement {
  const whys = [...new Set(checks.map((check) => check.message))];
  return h(
    "details",
    { class: "pg-elsewhere" },
    h("summary", {}, `○ ${checks.length} more only in the terminal`),
    ...whys.map((why) =>
      h(
        "div",
        {},
        h("p", {}, why),
        h("ul", {}, ...checks.filter((c) => c.message === why).map((c) => h("li", {}, c.title))),
      ),
    ),
  );
}

export function printed(output: string): HTMLElement | null {
  if (!output.trim()) return null;
  return h(
    "section",
    { class: "pg-output" },
    h("h3", {}, "Your code printed"),
    h("pre", { tabindex: 0 }, output.trimEnd()),
  );
}
