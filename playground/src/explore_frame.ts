// Inside the frame: Swagger UI, whose requests go to the page that has the app.

import type { Question, Reply } from "./explore";
import type { Answer, Sent } from "./protocol";

interface SwaggerRequest {
  userFetch?: (url: string, request: RequestInit) => Promise<Response>;
}

declare const SwaggerUIBundle: (options: object) => void;

addEventListener("message", ({ data, ports, origin }) => {
  const port = ports[0];
  if (data === "port" && origin === location.origin && port) void show(port);
});

async function show(port: MessagePort): Promise<void> {
  const asked = (question: Question) =>
    new Promise<object>((resolve, reject) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }: MessageEvent<Reply>) =>
        "value" in data ? resolve(data.value) : reject(new Error(data.error));
      port.postMessage(question, [port2]);
    });

  async function userFetch(url: string, request: RequestInit): Promise<Response> {
    const { pathname, search } = new URL(url, location.href);
    const packed = request.body == null ? null : new Response(request.body);
    const typed = new Headers(request.headers);
    // A form with files gets its boundary when it is packed.
    const kind = packed?.headers.get("content-type");
    if (kind && request.body instanceof FormData) typed.set("content-type", kind);
    const body = (await packed?.text()) ?? null;
    const headers = [...typed] as Sent["headers"];
    const method = (request.method ?? "GET").toUpperCase();
    const sent: Sent = { method, url: pathname + search, headers, body };
    const answer = (await asked({ ask: sent })) as Answer;
    const empty = [101, 204, 205, 304].includes(answer.status);
    const response = new Response(empty ? null : bytes(answer), {
      status: answer.status,
      headers: answer.headers.filter(([name]) => name !== "set-cookie"),
    });
    Object.defineProperty(response, "url", { value: url });
    return response;
  }

  SwaggerUIBundle({
    spec: await asked({ openapi: true }),
    dom_id: "#swagger",
    deepLinking: false,
    tryItOutEnabled: true,
    validatorUrl: null,
    requestInterceptor: (request: SwaggerRequest) => ({ ...request, userFetch }),
  });
}

function bytes(answer: Answer): BodyInit {
  if (answer.text) return answer.body;
  return Uint8Array.from(atob(answer.body), (char) => char.charCodeAt(0));
}
