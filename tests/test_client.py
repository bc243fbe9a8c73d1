"""The api that checks talk to behaves as httpx against a real server would."""

import asyncio
import linecache
import time
from contextlib import asynccontextmanager
from typing import Annotated

import pytest
from fastapi import BackgroundTasks, FastAPI, Header, HTTPException, Request
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from starlette.middleware.base import BaseHTTPMiddleware

from course.harness.client import MAX_BODY, running
from course.harness.lifespan import ShutdownFailed, StartupFailed


def test_a_request_and_its_answer_are_recorded():
    app = FastAPI()

    @app.post("/things", status_code=201)
    def create(body: dict[str, int], x_tag: Annotated[str, Header()]) -> dict[str, int]:
        return {**body, "tag": len(x_tag)}

    with running(app) as api:
        response = api.post("/things", params={"a": "1 2"}, json={"n": 1}, headers={"X-Tag": "ab"})
    exchange = response.extensions["recorded"].exchange
    assert (exchange.method, exchange.url) == ("POST", "/things?a=1+2")
    assert exchange.request == {"n": 1}
    assert exchange.headers == {"content-type": "application/json", "x-tag": "ab"}
    assert (exchange.status, exchange.response) == (201, {"n": 1, "tag": 2})
    assert exchange.curl == (
        "curl -i -H 'x-tag: ab' -H 'content-type: application/json' -d '{\"n\":1}' "
        "'http://127.0.0.1:8000/things?a=1+2'"
    )
    assert api.exchanges[0].exchange is exchange


def test_lifespan_runs_and_its_state_reaches_requests():
    events = []

    @asynccontextmanager
    async def lifespan(app):
        events.append("start")
        yield {"shop": "open"}
        events.append("stop")

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    def read(request: Request) -> str:
        events.append("request")
        return request.state.shop

    with running(app) as api:
        assert api.get("/").json() == "open"
    assert events == ["start", "request", "stop"]


def test_state_of_one_request_does_not_reach_the_next():
    @asynccontextmanager
    async def lifespan(app):
        yield {"n": 1}

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    def read(request: Request) -> int:
        request.state.n += 1
        return request.state.n

    with running(app) as api:
        assert [api.get("/").json(), api.get("/").json()] == [2, 2]


def test_a_failing_start_is_reported_with_its_cause():
    @asynccontextmanager
    async def lifespan(app):
        raise LookupError("no catalogue")
        yield

    with pytest.raises(StartupFailed) as caught, running(FastAPI(lifespan=lifespan)):
        pass
    assert isinstance(caught.value.__cause__, LookupError)


def test_a_failing_stop_is_reported_with_its_cause():
    @asynccontextmanager
    async def lifespan(app):
        yield
        raise LookupError("no way out")

    with pytest.raises(ShutdownFailed) as caught, running(FastAPI(lifespan=lifespan)):
        pass
    assert isinstance(caught.value.__cause__, LookupError)


@pytest.mark.parametrize("error", [KeyError, SystemExit, KeyboardInterrupt, asyncio.CancelledError])
@pytest.mark.parametrize("colour", ["def", "async def"])
def test_what_the_app_raises_is_a_500_to_look_at(error, colour):
    app = FastAPI()
    if colour == "def":

        @app.get("/")
        def read() -> None:
            raise error("oh")
    else:

        @app.get("/")
        async def read() -> None:
            raise error("oh")

    @app.get("/well")
    async def well() -> str:
        return "still here"

    with running(app) as api:
        response = api.get("/")
        assert (response.status_code, response.text) == (500, "Internal Server Error")
        assert isinstance(response.extensions["recorded"].error, error)
        assert api.get("/well").json() == "still here"


def test_redirects_are_followed_with_method_and_body():
    app = FastAPI()

    @app.get("/old")
    def old() -> RedirectResponse:
        return RedirectResponse("/new")

    @app.post("/things/")
    def create(body: dict[str, int]) -> dict[str, int]:
        return body

    @app.get("/new")
    def new() -> str:
        return "here"

    with running(app) as api:
        assert api.get("/old").json() == "here"
        assert api.post("/things", json={"a": 1}).json() == {"a": 1}
        assert api.get("/old", follow_redirects=False).status_code == 307


def test_messages_are_recorded_in_order_background_tasks_included():
    app = FastAPI()

    @app.post("/orders")
    async def order(tasks: BackgroundTasks, request: Request) -> str:
        api.timeline.append("ordered")
        tasks.add_task(api.timeline.append, "mail sent")
        return "ok"

    with running(app) as api:
        response = api.post("/orders", json={})
    assert api.timeline == [
        "ordered",
        "http.response.start",
        "http.response.body",
        "mail sent",
        "returned",
    ]
    assert response.extensions["recorded"].messages == [
        "http.response.start",
        "http.response.body",
        "returned",
    ]


def test_an_error_is_late_when_it_was_raised_after_the_answer():
    app = FastAPI()

    def fail() -> None:
        raise ValueError("no")

    @app.exception_handler(ValueError)
    @app.exception_handler(Exception)
    async def hide(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse("hidden", 200)

    @app.get("/task")
    def task(tasks: BackgroundTasks) -> None:
        tasks.add_task(fail)

    @app.get("/now")
    def now() -> None:
        raise KeyError("no")

    @app.get("/stream")
    def stream() -> StreamingResponse:
        return StreamingResponse(1 / (2 - n) for n in range(9))

    @app.get("/refused")
    def refused() -> None:
        raise HTTPException(404)

    with running(app) as api:
        for path in ("/task", "/now", "/stream", "/refused"):
            api.get(path)
    exchanges = {exchange.sent.url: exchange for exchange in api.exchanges}
    assert [path for path, exchange in exchanges.items() if exchange.late] == ["/task"]
    assert [path for path, exchange in exchanges.items() if exchange.handled] == [
        "/now",
        "/refused",
    ]
    file, line = exchanges["/refused"].handled[-1]
    assert linecache.getline(file, line).strip() == "raise HTTPException(404)"
    assert exchanges["/refused"].error is None


def test_streams_and_compression_arrive_whole():
    app = FastAPI()
    app.add_middleware(GZipMiddleware, minimum_size=10)

    @app.get("/")
    def read() -> StreamingResponse:
        return StreamingResponse(str(n) for n in range(100))

    with running(app) as api:
        assert api.get("/").text == "".join(str(n) for n in range(100))


def test_a_stream_without_an_end_is_cut_off():
    app = FastAPI()

    @app.get("/")
    def read() -> StreamingResponse:
        async def endless():
            while True:
                yield b"x" * 100_000

        return StreamingResponse(endless())

    with running(app) as api:
        assert api.get("/").status_code == 500
        assert f"{MAX_BODY:,}" in str(api.exchanges[0].error)


def test_def_endpoints_run_beside_each_other_in_threads():
    app = FastAPI()

    @app.get("/")
    def read() -> str:
        return "from a thread"

    with running(app) as api:
        assert api.get("/").json() == "from a thread"


def test_base_http_middleware_works():
    app = FastAPI()

    async def stamp(request, call_next):
        response = await call_next(request)
        response.headers["x-stamp"] = "1"
        return response

    app.add_middleware(BaseHTTPMiddleware, dispatch=stamp)

    @app.post("/")
    async def read(request: Request) -> str:
        return (await request.body()).decode()

    with running(app) as api:
        response = api.post("/", content="hello")
        assert (response.json(), response.headers["x-stamp"]) == ("hello", "1")


def test_the_api_is_called_back_before_and_after():
    seen = []
    app = FastAPI()
    app.get("/")(lambda: seen.append("app"))
    with running(
        app, before=lambda exchange: seen.append(exchange.url), after=lambda: seen.append("after")
    ) as api:
        seen.clear()
        api.get("/")
    assert seen[:3] == ["/", "app", "after"]


def test_bodies_are_recorded_as_json_text_or_none():
    app = FastAPI()

    @app.get("/long")
    def long() -> str:
        return "x" * 30_000

    @app.delete("/", status_code=204)
    def delete() -> None: ...

    with running(app) as api:
        api.delete("/")
        api.get("/long")
        api.get("/nowhere", headers={"accept": "text/plain"})
    empty, long_one, missing = (recorded.exchange for recorded in api.exchanges)
    assert empty.response is None
    assert long_one.response.endswith("(30,002 characters)")
    assert missing.response == {"detail": "Not Found"}


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_what_is_json_for_python_alone_is_recorded_as_text(number):
    """A Report with such a number could be read by no other program, as a browser."""
    app = FastAPI()
    with running(app) as api:
        api.post("/nowhere", content=f'{{"price": {number}}}')
    assert api.exchanges[0].exchange.request == f'{{"price": {number}}}'


def test_the_exchange_says_how_long_it_took():
    app = FastAPI()
    app.get("/")(lambda: time.sleep(0.02))
    with running(app) as api:
        api.get("/")
    assert api.exchanges[0].exchange.seconds >= 0.02
