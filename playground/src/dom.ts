// Makes elements. Text goes in as text only: nothing that a learner's code says becomes HTML.

type Listeners = { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };
type Value = string | number | boolean | null | undefined;
export type Content = Node | string | null | undefined | false;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...content: Content[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  element.append(...content.filter((part): part is Node | string => Boolean(part)));
  return element;
}

export function on<E extends HTMLElement>(element: E, listeners: Listeners): E {
  for (const [name, listener] of Object.entries(listeners)) {
    element.addEventListener(name, listener as EventListener);
  }
  return element;
}

export function button(label: string, click: () => void, attributes: Record<string, Value> = {}) {
  return on(h("button", { type: "button", class: "pg-button", ...attributes }, label), { click });
}

/** What only a screen reader says. */
export const unseen = (text: string) => h("span", { class: "pg-unseen" }, text);

export interface Tab {
  id: string;
  label: string;
  panel: HTMLElement;
}

/** Tabs as the ARIA Authoring Practices have them: arrows move, and what has the focus is shown. */
export class Tabs {
  readonly list: HTMLElement;
  private tabs: Tab[] = [];
  private chosen = "";

  constructor(
    private readonly prefix: string,
    label: string,
    private readonly changed: (id: string) => void = () => {},
  ) {
    this.list = on(h("div", { role: "tablist", "aria-label": label, class: "pg-tabs" }), {
      keydown: (event) => this.move(event),
    });
  }

  /** Panels of several tabs may be one element: then it is called by the tab that is chosen. */
  set(tabs: Tab[], chosen: string): void {
    this.tabs = tabs;
    this.list.replaceChildren(
      ...tabs.map(({ id, label }) => {
        const tab = h("button", { type: "button", role: "tab", id: this.name(id) }, label);
        return on(tab, { click: () => this.choose(id) });
      }),
    );
    this.choose(chosen);
  }

  choose(id: string): void {
    this.chosen = id;
    for (const tab of this.tabs) {
      const here = tab.id === id;
      const control = this.control(tab.id);
      control?.setAttribute("aria-selected", String(here));
      control?.setAttribute("tabindex", here ? "0" : "-1");
      if (here) control?.setAttribute("aria-controls", `${this.prefix}-panel-${this.name(id)}`);
      else control?.removeAttribute("aria-controls");
      tab.panel.hidden = true;
    }
    const panel = this.tabs.find((tab) => tab.id === id)?.panel;
    if (panel) {
      panel.hidden = false;
      panel.id = `${this.prefix}-panel-${this.name(id)}`;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", this.name(id));
    }
    this.changed(id);
  }

  get current(): string {
    return this.chosen;
  }

  private control(id: string): Element | null {
    return this.list.querySelector(`#${CSS.escape(this.name(id))}`);
  }

  private name(id: string): string {
    return `${this.prefix}-${id.replace(/[^\w-]/g, "-")}`;
  }

  private move(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const last = this.tabs.length - 1;
    const now = this.tabs.findIndex((tab) => tab.id === this.chosen);
    let next = step === undefined ? -1 : (now + step + last + 1) % (last + 1);
    if (event.key === "Home") next = 0;
    if (event.key === "End") next = last;
    const tab = this.tabs[next];
    if (!tab) return;
    event.preventDefault();
    this.choose(tab.id);
    (this.control(tab.id) as HTMLElement | null)?.focus();
  }
}
