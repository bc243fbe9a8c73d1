"""The `api` that checks talk to: an httpx client whose server is the learner's app.

No socket and no thread of ours: each request runs the app on one asyncio loop until it has
answered, and everything that passed is recorded.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import httpx

from course.harness.lifespan import Lifespan
from course.harness.loop import Loop
from course.harness.report import Exchange, as_curl
from course.harness.words import shorten

BASE_URL = "http://127.0.0.1:8000"
MAX_BODY = 10_000_000  # bytes; a response that has not ended by then never will
KEPT = 20_000  # characters of a body that the record keeps
PLUMBING = frozenset(
    "host accept accept-encoding connection user-agent content-length transfer-encoding".split()
)


# What a learner's logging shows is their app, not the client that asks it.
logging.getLogger("httpx").setLevel(logging.WARNING)


class ResponseTooLarge(Exception):
    """The app sent more than MAX_BODY bytes and had not finished."""


@dataclass
class Recorded:
    """An exchange with what only the server side knows.

    `messages` are the ASGI messages in the order in which they passed, with "returned" when
    the app was done, background tasks included.
    """

    sent: Exchange
    body: bytes = b""
    error: BaseException | None = None
    scope: dict[str, Any] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    @property
    def exchange(self) -> Exchange:
        """What was sent and answered. The answer is read when somebody looks: few ever do."""
        if self.body:
            self.sent.response, self.body = readable(self.body), b""
        return self.sent


class Api(httpx.Client):
    """`httpx.Client`, with `exchanges` and `timeline`. Redirects are followed."""

    def __init__(self, transport: AppTransport) -> None:
        super().__init__(
            transport=transport, base_url=BASE_URL, follow_redirects=True, trust_env=False
        )
        self.exchanges = transport.exchanges
        self.timeline = transport.timeline
        """ASGI messages of all exchanges, with what oracles add, in the order of events."""


@contextmanager
def running(
    app: Any,
    exchanges: list[Recorded] | None = None,
    before: Callable[[Exchange], None] = lambda exchange: None,
    after: Callable[[], None] = lambda: None,
) -> Iterator[Api]:
    """Start `app`, give an Api to talk to it, and stop it.

    Every exchange is added to `exchanges`; `before` is called with each one before it is sent,
    `after` when the app has run. Raises StartupFailed before the Api is given, ShutdownFailed
    after.
    """
    with Loop() as loop:
        lifespan = Lifespan(app)
        loop.run(lifespan.startup())
        after()
        transport = AppTransport(app, loop, lifespan.state, exchanges, before, after)
        with Api(transport) as api:
            yield api
        loop.run(lifespan.shutdown())
        after()


class AppTransport(httpx.BaseTransport):
    """httpx's side of one running app."""

    def __init__(
        self,
        app: Any,
        loop: Loop,
        state: dict[str, Any],
        exchanges: list[Recorded] | None,
        before: Callable[[Exchange], None],
        after: Callable[[], None],
    ) -> None:
        self._app, self._loop, self._state = app, loop, state
        self._before, self._after = before, after
        self.exchanges = [] if exchanges is None else exchanges
        self.timeline: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        recorded = Recorded(_describe(request))
        self.exchanges.append(recorded)
        self._before(recorded.sent)
        started = time.perf_counter()
        answer = _Answer(recorded, self.timeline)
        try:
            self._loop.run(self._serve(request, answer))
        except BaseException as error:
            recorded.error = error
        self._after()
        response = answer.as_response(request)
        response.extensions["recorded"] = recorded
        exchange = recorded.sent
        exchange.seconds = round(time.perf_counter() - started, 6)
        exchange.status = response.status_code
        exchange.response_headers = _visible(response.headers)
        recorded.body = response.content
        return response

    async def _serve(self, request: httpx.Request, answer: _Answer) -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.url.scheme,
            "path": request.url.path,
            "raw_path": request.url.raw_path.partition(b"?")[0],
            "query_string": request.url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "server": (request.url.host, request.url.port or 80),
            "client": ("127.0.0.1", 50000),
            "state": dict(self._state),
        }
        answer.recorded.scope = scope
        task = asyncio.current_task()
        assert task is not None
        answer.stop = task.cancel
        try:
            await self._app(scope, answer.receiver(request), answer.send)
        except BaseException as error:
            # SystemExit and KeyboardInterrupt too: a server would end with them, we go on.
            answer.recorded.error = answer.recorded.error or error
        answer.note("returned")


class _Answer:
    """Collects what the app sends for one request."""

    def __init__(self, recorded: Recorded, timeline: list[str]) -> None:
        self.recorded, self.timeline = recorded, timeline
        self.status: int | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.complete = asyncio.Event()
        self.stop: Callable[[], object] = lambda: None

    def note(self, event: str) -> None:
        self.recorded.messages.append(event)
        self.timeline.append(event)

    def receiver(self, request: httpx.Request) -> Callable[[], Any]:
        body = [{"type": "http.request", "body": request.content, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if body:
                self.note("http.request")
                return body.pop()
            await self.complete.wait()
            return {"type": "http.disconnect"}

        return receive

    async def send(self, message: dict[str, Any]) -> None:
        self.note(message["type"])
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if not message.get("more_body", False):
                self.complete.set()
            elif len(self.body) > MAX_BODY:
                self.recorded.error = ResponseTooLarge(f"{MAX_BODY:,} bytes sent, and no end")
                self.stop()
                await asyncio.Event().wait()  # nobody reads on

    def as_response(self, request: httpx.Request) -> httpx.Response:
        """What a client of a real server would have got: 500 when the app did not answer."""
        if self.status is None or not self.complete.is_set():
            return httpx.Response(500, text="Internal Server Error", request=request)
        return httpx.Response(
            self.status, headers=self.headers, content=bytes(self.body), request=request
        )


def _describe(request: httpx.Request) -> Exchange:
    url = request.url.raw_path.decode("ascii")
    headers = _visible(request.headers)
    text = request.content.decode("utf-8", "replace") if request.content else None
    return Exchange(
        method=request.method,
        url=url,
        headers=headers,
        request=readable(request.content),
        curl=as_curl(request.method, BASE_URL + url, headers, text),
    )


def _visible(headers: httpx.Headers) -> dict[str, str]:
    shown = (name for name in headers if name.lower() not in PLUMBING)
    return {name: shorten(headers[name], 1000) for name in islice(shown, 50)}


def readable(body: bytes) -> Any:
    """A body as JSON, else as text. None is no body; a long one is cut, with a note."""
    if not body:
        return None
    text = body.decode("utf-8", "replace")
    if len(text) > KEPT:
        return f"{text[:KEPT]}… ({len(text):,} characters)"
    try:
        return json.loads(text)
    except ValueError:
        return text
