// What the theme leaves out for screen readers and keyboards: names, and tables that scroll.
(() => {
  "use strict";

  const name = (selector, text) =>
    document.querySelectorAll(selector).forEach((element, n) => {
      if (!element.hasAttribute("aria-label")) element.setAttribute("aria-label", text(n + 1));
    });

  name('[data-md-component="search"]', () => "Search");

  // A section with a page of its own has a label that is empty.
  for (const section of document.querySelectorAll('nav.md-nav[data-md-level="1"]')) {
    const title = section.querySelector(":scope > .md-nav__title")?.textContent.trim();
    if (!title) continue;
    section.removeAttribute("aria-labelledby");
    section.setAttribute("aria-label", title);
  }

  function complete() {
    // Empty, the list of results would get the focus and not be seen.
    for (const results of document.querySelectorAll(".md-search__scrollwrap")) {
      const empty = !results.querySelector("a");
      if (results.inert !== empty) results.inert = empty;
    }
    name("nav.md-code__nav", (n) => `Code block ${n}`);
    for (const table of document.querySelectorAll(".md-typeset__scrollwrap")) {
      if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
      else table.removeAttribute("tabindex");
    }
  }

  // The theme makes these parts later, by a script of its own.
  new MutationObserver(complete).observe(document.body, { childList: true, subtree: true });
  addEventListener("resize", complete);
  complete();
})();
