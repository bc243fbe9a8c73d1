"""The `api` that checks talk to: an httpx client whose server is the learner's app.

No socket and no thread of ours: each request runs the app on one asyncio loop until it has
answered, and everything that passed is recorded.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import httpx

from course.harness.frames import Frame, frames_of
from course.harness.lifespan import Lifespan
from course.harness.loop import Loop
from course.harness.probe import Heartbeat
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
    handled: list[Frame] | None = None
    """Where the exception came from that the answer was made of; None when it was made of none."""
    scope: dict[str, Any] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    @property
    def exchange(self) -> Exchange:
        """What was sent and answered. The answer is read when somebody looks: few ever do."""
        if self.body:
            self.sent.response, self.body = readable(self.body), b""
        return self.sent

    @property
    def late(self) -> bool:
        """Whether `error` was raised after the whole answer had left, as in a background task."""
        left = "http.response.start" in self.messages and self.sent.status != 500
        return self.error is not None and left and self.handled is None


class Api(httpx.Client):
    """`httpx.Client`, with `exchanges` and `timeline`. Redirects are followed."""

    def __init__(self, transport: AppTransport) -> None:
        super().__init__(
            transport=transport, base_url=BASE_URL, follow_redirects=True, trust_env=False
        )
        self._app = transport
        self.exchanges = transport.exchanges
        self.timeline = transport.timeline
        """ASGI messages of all exchanges, with what oracles add, in the order of events."""

    @contextmanager
    def at(self, message: str, look: Callable[[], object]) -> Iterator[None]:
        """Call `look` whenever the app sends, or gets, an ASGI message of this type.

        At "http.response.start" nothing has left for the client yet: what is not true then, the
        answer cannot rely on.
        """
        self._app.looks.append((message, look))
        try:
            yield
        finally:
            self._app.looks.remove((message, look))

    @contextmanager
    def beating(self) -> Iterator[Heartbeat]:
        """A heart that beats on the app's loop during each request, its background tasks included."""
        self._app.heart = heart = Heartbeat()
        try:
            yield heart
        finally:
            self._app.heart = None

    def together(self, requests: list[httpx.Request]) -> list[httpx.Response]:
        """Send requests so that all of them are in the app before the first one is answered.

        Each gets its body only when all ask for theirs, so it is for requests with a body. Their
        answers, in the same order; redirects are not followed.
        """
        return self._app.handle_together(requests)


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
        self.looks: list[Look] = []
        self.heart: Heartbeat | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        (response,) = self.handle_together([request])
        return response

    def handle_together(self, requests: list[httpx.Request]) -> list[httpx.Response]:
        gate = Gate(len(requests))
        answers = [self._expect(request, gate) for request in requests]
        started = time.perf_counter()
        try:
            self._loop.run(self._serve_all(answers))
        except BaseException as error:
            for answer in answers:
                answer.recorded.error = answer.recorded.error or error
        self._after()
        return [self._conclude(answer, started) for answer in answers]

    def _expect(self, request: httpx.Request, gate: Gate) -> _Answer:
        request.read()
        recorded = Recorded(_describe(request))
        self.exchanges.append(recorded)
        self._before(recorded.sent)
        return _Answer(request, recorded, self.timeline, gate, self.looks)

    def _conclude(self, answer: _Answer, started: float) -> httpx.Response:
        recorded, response = answer.recorded, answer.as_response()
        response.extensions["recorded"] = recorded
        exchange = recorded.sent
        exchange.seconds = round(time.perf_counter() - started, 6)
        exchange.status = response.status_code
        exchange.response_headers = _visible(response.headers)
        recorded.body = response.content
        return response

    async def _serve_all(self, answers: list[_Answer]) -> None:
        async with self.heart.beating() if self.heart else nullcontext():
            if len(answers) == 1:
                await self._serve(answers[0])
            else:
                await asyncio.gather(*map(self._serve, answers))

    async def _serve(self, answer: _Answer) -> None:
        request = answer.request
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
            await self._app(scope, answer.receiver(), answer.send)
        except BaseException as error:
            # SystemExit and KeyboardInterrupt too: a server would end with them, we go on.
            answer.recorded.error = answer.recorded.error or error
        answer.arrive()
        answer.note("returned")


Look = tuple[str, Callable[[], object]]


class Gate:
    """Opens when everybody has arrived."""

    def __init__(self, expected: int) -> None:
        self._missing = expected
        self._open = asyncio.Event()

    def arrive(self) -> None:
        self._missing -= 1
        if self._missing <= 0:
            self._open.set()

    async def wait(self) -> None:
        await self._open.wait()


class _Answer:
    """Collects what the app sends for one request."""

    def __init__(
        self,
        request: httpx.Request,
        recorded: Recorded,
        timeline: list[str],
        gate: Gate,
        looks: list[Look],
    ) -> None:
        self.request, self.recorded, self.timeline = request, recorded, timeline
        self._gate, self._looks, self._arrived = gate, looks, False
        self.status: int | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.complete = asyncio.Event()
        self.stop: Callable[[], object] = lambda: None

    def note(self, event: str) -> None:
        for message, look in self._looks:
            if message == event:
                look()
        self.recorded.messages.append(event)
        self.timeline.append(event)

    def arrive(self) -> None:
        """At the gate, once: when the body is asked for, or never was."""
        if not self._arrived:
            self._arrived = True
            self._gate.arrive()

    def receiver(self) -> Callable[[], Any]:
        body = [{"type": "http.request", "body": self.request.content, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if body:
                self.note("http.request")
                self.arrive()
                await self._gate.wait()
                return body.pop()
            await self.complete.wait()
            return {"type": "http.disconnect"}

        return receive

    async def send(self, message: dict[str, Any]) -> None:
        self.note(message["type"])
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if error := sys.exception():
                self.recorded.handled = frames_of(error)
            self.headers = list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if not message.get("more_body", False):
                self.complete.set()
            elif len(self.body) > MAX_BODY:
                self.recorded.error = ResponseTooLarge(f"{MAX_BODY:,} bytes sent, and no end")
                self.stop()
                await asyncio.Event().wait()  # nobody reads on

    def as_response(self) -> httpx.Response:
        """What a client of a real server would have got: 500 when the app did not answer."""
        if self.status is None or not self.complete.is_set():
            return httpx.Response(500, text="Internal Server Error", request=self.request)
        return httpx.Response(
            self.status, headers=self.headers, content=bytes(self.body), request=self.request
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
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except ValueError:
        return text


def _finite(text: str) -> float:
    """A number that other readers of a Report can read, too (RFC 8259, section 6).

    Raises ValueError for NaN, Infinity and 1e999.
    """
    if not math.isfinite(number := float(text)):
        raise ValueError(text)
    return number
