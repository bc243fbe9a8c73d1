// Names for what the theme leaves unnamed, so that a screen reader can tell it apart.
(() => {
  "use strict";

  const name = (selector, text) =>
    document.querySelectorAll(selector).forEach((element, n) => {
      if (!element.hasAttribute("aria-label")) element.setAttribute("aria-label", text(n + 1));
    });

  name('[data-md-component="search"]', () => "Search");
  const nameCode = () => name("nav.md-code__nav", (n) => `Code block ${n}`);
  new MutationObserver(nameCode).observe(document.body, { childList: true, subtree: true });
  nameCode();
})();
