"""What plain requests cannot see, each oracle against an app that is right and one that is not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from course.harness.client import running
from course.harness.database import SERVER, empty_database
from course.harness.probe import LoopProbe
from course.harness.taps import Connections, Statements, failing_commits
from course.postgres import NoPostgres, server


def test_the_probe_tells_the_loop_from_a_thread():
    probe = LoopProbe()
    app = FastAPI()

    def send() -> None:
        """Blocks."""

    watched = probe.watch(send)

    @app.get("/async")
    async def on_the_loop() -> None:
        watched()

    @app.get("/def")
    def in_a_thread() -> None:
        watched()

    @app.get("/to-thread")
    async def handed_to_a_thread() -> None:
        await asyncio.to_thread(watched)

    with running(app) as api:
        for path, blocked in (("/async", ["send"]), ("/def", []), ("/to-thread", [])):
            probe.calls.clear()
            assert api.get(path).status_code == 200
            assert probe.blocked == blocked
            assert len(probe.calls) == 1


@pytest.mark.parametrize("blocks", [True, False])
@pytest.mark.parametrize("afterwards", [True, False])
def test_the_heart_stops_while_the_loop_is_blocked(blocks, afterwards):
    app = FastAPI()

    async def work() -> None:
        if blocks:
            time.sleep(0.5)
        else:
            await asyncio.sleep(0.5)

    @app.get("/")
    async def read_root(tasks: BackgroundTasks) -> None:
        if afterwards:
            tasks.add_task(work)
        else:
            await work()

    with running(app) as api, api.beating() as heart:
        api.get("/")
    assert (heart.longest > 0.3) is blocks


def test_the_heart_does_not_miss_a_beat_between_two_requests():
    with running(FastAPI()) as api, api.beating() as heart:
        api.get("/")
        time.sleep(0.4)
        api.get("/")
    assert heart.longest < 0.3


@pytest.mark.parametrize("as_task", [True, False])
def test_the_timeline_tells_what_came_before_the_response(as_task):
    app = FastAPI()

    @app.post("/orders")
    def order(tasks: BackgroundTasks) -> None:
        if as_task:
            tasks.add_task(api.timeline.append, "mail")
        else:
            api.timeline.append("mail")

    with running(app) as api:
        api.post("/orders")
    sent = api.timeline.index("http.response.start")
    assert (api.timeline.index("mail") > sent) is as_task


def test_look_sees_the_moment_before_the_response_leaves(tmp_path):
    app = FastAPI()
    rows: list[str] = []

    async def commit_after() -> AsyncIterator[None]:
        yield
        rows.append("committed")

    @app.post("/late", dependencies=[Depends(commit_after)])
    def late() -> None: ...

    @app.post("/in-time", dependencies=[Depends(commit_after, scope="function")])
    def in_time() -> None: ...

    seen: list[list[str]] = []
    with (
        running(app) as api,
        api.at("http.response.start", lambda: seen.append(list(rows))),
    ):
        api.post("/late")
        rows.clear()
        api.post("/in-time")
    assert seen == [[], ["committed"]]


def test_requests_together_are_all_inside_before_one_is_answered():
    app = FastAPI()
    inside = most = 0

    @app.post("/")
    async def enter(body: dict[str, int]) -> int:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1
        return body["number"]

    with running(app) as api:
        requests = [api.build_request("POST", "/", json={"number": n}) for n in range(5)]
        responses = api.together(requests)
    assert [response.json() for response in responses] == [0, 1, 2, 3, 4]
    assert most == 5
    assert len(api.exchanges) == 5


def test_requests_together_do_not_wait_for_one_that_never_reads_its_body():
    app = FastAPI()

    @app.post("/reads")
    def reads(body: dict[str, int]) -> None: ...

    with running(app) as api:
        requests = [
            api.build_request("POST", "/reads", json={}),
            api.build_request("POST", "/missing", json={}),
            api.build_request("GET", "/reads"),
        ]
        assert [r.status_code for r in api.together(requests)] == [200, 404, 405]


def test_a_crash_of_one_request_does_not_take_the_others_along():
    app = FastAPI()

    @app.post("/{number}")
    def divide(number: int, body: dict[str, int]) -> float:
        return 1 / number

    with running(app) as api:
        requests = [api.build_request("POST", f"/{n}", json={}) for n in (1, 0, 2)]
        responses = api.together(requests)
    assert [response.status_code for response in responses] == [200, 500, 200]
    assert isinstance(responses[1].extensions["recorded"].error, ZeroDivisionError)


@pytest.mark.parametrize("careful", [True, False])
def test_overselling_shows_when_requests_come_together(careful):
    app = FastAPI()
    shelf = {"stock": 3}
    lock = asyncio.Lock()

    async def take() -> None:
        stock = shelf["stock"]
        if stock == 0:
            raise HTTPException(409)
        await asyncio.sleep(0)  # as while a database is asked
        shelf["stock"] = stock - 1

    @app.post("/orders", status_code=201)
    async def order(body: dict[str, int]) -> None:
        if careful:
            async with lock:
                await take()
        else:
            await take()

    with running(app) as api:
        requests = [api.build_request("POST", "/orders", json={}) for _ in range(6)]
        sold = [response.status_code for response in api.together(requests)].count(201)
    assert (sold == 3) is careful


# Databases ----------------------------------------------------------------------------------------


class Shop:
    """A small app with a database file, whose ways of going wrong can be chosen."""

    def __init__(self, file: Path, **ways: Any) -> None:
        self.file, self.ways = file, ways
        self.app = FastAPI(lifespan=self.lifespan)
        self.app.post("/products")(self.add)
        self.app.get("/products")(self.read)

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        engine = create_async_engine(f"sqlite+aiosqlite:///{self.file}")
        self.sessions = async_sessionmaker(engine, expire_on_commit=False)
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE product (id INTEGER PRIMARY KEY)"))
        yield
        await engine.dispose()

    async def add(self) -> int:
        async with self.sessions() as session:
            await session.execute(text("INSERT INTO product DEFAULT VALUES"))
            await session.commit()
        if self.ways.get("leaks"):
            self.kept = self.sessions()  # else it is closed with the garbage
            await self.kept.execute(text("SELECT 1"))
        return 1

    async def read(self) -> int:
        async with self.sessions() as session:
            ids = (await session.scalars(text("SELECT id FROM product"))).all()
            if self.ways.get("asks_for_each"):
                for product in ids:
                    await session.execute(text(f"SELECT {product}"))
        return len(ids)


@pytest.mark.parametrize("asks_for_each", [True, False])
def test_statements_are_counted(tmp_path, asks_for_each):
    shop = Shop(tmp_path / "shop.db", asks_for_each=asks_for_each)
    with Statements().listening() as statements, running(shop.app) as api:
        api.post("/products")
        with statements.during() as few:
            assert api.get("/products").status_code == 200
        with statements.during() as again:
            for _ in range(5):
                api.post("/products")
        assert len(again) == 5
        with statements.during() as many:
            assert api.get("/products").json() == 6
        assert (len(many) > len(few)) is asks_for_each
    assert statements.blocking == []


def test_after_listening_sqlite_is_as_before():
    connect = sqlite3.connect
    with Statements().listening():
        assert sqlite3.connect is not connect
    assert sqlite3.connect is connect
    assert sqlite3.dbapi2.connect is connect


@pytest.mark.parametrize("asynchronous", [True, False])
def test_a_statement_on_the_loop_is_seen(tmp_path, asynchronous):
    engine = create_engine(f"sqlite:///{tmp_path}/shop.db")
    app = FastAPI()

    def select() -> None:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    @app.get("/")
    async def read_root() -> None:
        if asynchronous:
            await asyncio.to_thread(select)
        else:
            select()

    with Statements().listening() as statements, running(app) as api:
        api.get("/")
    assert statements.blocking == ([] if asynchronous else ["SELECT 1"])
    engine.dispose()


@pytest.mark.parametrize("leaks", [True, False])
def test_a_connection_that_is_not_given_back_is_seen(tmp_path, leaks):
    shop = Shop(tmp_path / "shop.db", leaks=leaks)
    with Connections().listening() as connections, running(shop.app) as api:
        api.post("/products")
        assert connections.lent == int(leaks)
        if leaks:
            api._app._loop.run(shop.kept.close())


def test_a_commit_that_fails_is_an_error_for_the_app(tmp_path):
    shop = Shop(tmp_path / "shop.db")
    with running(shop.app) as api:
        with failing_commits() as tried:
            assert api.post("/products").status_code == 500
        assert tried == ["aiosqlite"]
        assert api.get("/products").json() == 0
        assert api.post("/products").status_code == 200
        assert api.get("/products").json() == 1


@pytest.mark.parametrize("scope", ["request", "function"])
def test_a_failing_commit_tells_who_commits_after_the_response(tmp_path, scope):
    shop = Shop(tmp_path / "shop.db")

    async def get_session() -> AsyncIterator[AsyncSession]:
        async with shop.sessions() as session:
            yield session
            await session.commit()

    @shop.app.put("/products")
    async def add(session: AsyncSession = Depends(get_session, scope=scope)) -> None:  # noqa: B008
        await session.execute(text("INSERT INTO product DEFAULT VALUES"))

    with running(shop.app) as api, failing_commits():
        assert api.put("/products").status_code == (200 if scope == "request" else 500)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, monkeypatch):
    """An empty one, on each kind of server that the course knows."""
    if request.param == "postgresql":
        monkeypatch.setenv(SERVER, request.getfixturevalue("postgres"))
    with empty_database() as database:
        yield database


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    try:
        with server() as address:
            yield address
    except NoPostgres as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


def test_the_view_sees_what_is_committed_and_no_more(database):
    assert os.environ["DATABASE_URL"] == database.url

    async def main() -> list[dict[str, int]]:
        engine = create_async_engine(database.url)
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE product (id INTEGER PRIMARY KEY)"))
        seen = [database.counts()]
        async with engine.connect() as connection:
            await connection.execute(text("INSERT INTO product VALUES (1)"))
            seen.append(database.counts())
            await connection.commit()
            seen.append(database.counts())
        await engine.dispose()
        return seen

    assert asyncio.run(main()) == [{"product": 0}, {"product": 0}, {"product": 1}]


def test_each_database_is_empty_also_when_the_last_one_was_left_open(database):
    async def leave() -> Any:
        engine = create_async_engine(database.url)
        connection = await engine.connect()
        await connection.execute(text("CREATE TABLE product (id INTEGER PRIMARY KEY)"))
        await connection.commit()
        await connection.execute(text("INSERT INTO product VALUES (1)"))
        return connection

    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(leave())
    with empty_database() as another:
        assert another.counts() == {}
    with contextlib.suppress(Exception):
        loop.run_until_complete(connection.invalidate())
    loop.close()
