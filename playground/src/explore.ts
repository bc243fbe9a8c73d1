// Swagger UI of the learner's own app, in a frame of its own, and its OpenAPI document.

import { button, h } from "./dom";
import type { Answer, Sent } from "./protocol";

export interface Described {
  ask(sent: Sent): Promise<Answer>;
  /** The OpenAPI document of the app, started with the files of now. Raises Stopped. */
  openapi(): Promise<object>;
}

/** What the frame asks for, with a port for the answer. */
export type Question = { openapi: true } | { ask: Sent };
export type Reply = { value: object } | { error: string };

export class Explore {
  readonly element: HTMLElement;
  private readonly place = h("div", { class: "pg-explore-place" });

  constructor(
    private readonly base: string,
    private readonly app: Described,
  ) {
    this.element = h(
      "div",
      { class: "pg-explore" },
      h(
        "p",
        { class: "pg-line" },
        button("Swagger UI", () => void this.swagger(), { class: "pg-button pg-primary" }),
        button("OpenAPI document", () => void this.document()),
      ),
      this.place,
    );
  }

  /** Show the app as it is now. */
  async swagger(): Promise<void> {
    try {
      const document_ = await this.app.openapi();
      const frame = h("iframe", {
        src: `${this.base}playground/explore.html`,
        title: "Swagger UI of your app",
        class: "pg-frame",
      });
      frame.addEventListener("load", () => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data, ports }: MessageEvent<Question>) =>
          void this.reply(data, document_, ports[0]);
        frame.contentWindow?.postMessage("port", location.origin, [port2]);
      });
      this.place.replaceChildren(frame);
    } catch (error) {
      this.trouble(error as Error);
    }
  }

  private async document(): Promise<void> {
    try {
      const text = JSON.stringify(await this.app.openapi(), null, 2);
      this.place.replaceChildren(
        h("pre", { tabindex: 0, "aria-label": "The OpenAPI document of your app" }, text),
      );
    } catch (error) {
      this.trouble(error as Error);
    }
  }

  private async reply(question: Question, spec: object, port?: MessagePort): Promise<void> {
    let reply: Reply;
    try {
      const value = "ask" in question ? await this.app.ask(question.ask) : spec;
      reply = { value };
    } catch (error) {
      reply = { error: (error as Error).message };
    }
    port?.postMessage(reply);
  }

  private trouble(error: Error): void {
    this.place.replaceChildren(h("p", { class: "pg-trouble", role: "alert" }, error.message));
  }
}
