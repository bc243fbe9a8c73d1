"""Fixtures for what plain requests cannot see.

Each is an ordinary pytest fixture; a check asks for it by name.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from course.harness.client import Api, running
from course.harness.database import Database, empty_database
from course.harness.load import Loaded, load
from course.harness.probe import LoopProbe
from course.harness.session import Session, session_of
from course.harness.taps import Connections, Statements
from course.harness.workspace import restore

Start = Callable[[], AbstractContextManager[Api]]


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Random values that are the same again for the same seed and check."""
    session = session_of(request.config)
    return random.Random(f"{session.seed}:{request.node.name}")


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Path:
    """The learner's folder. A check may change its files: each one begins with them as they were."""
    session = session_of(request.config)
    restore(session.folder, session.files)
    return session.folder


@pytest.fixture
def app(request: pytest.FixtureRequest, folder: Path) -> Any:
    """The learner's `FastAPI`, imported afresh for this check, and not started."""
    session = session_of(request.config)
    session.close_shared()
    return import_afresh(session).app


@pytest.fixture
def start(app: Any, request: pytest.FixtureRequest) -> Start:
    """`with start() as api:` for checks that do something before the app starts."""
    session = session_of(request.config)
    return lambda: watched(app, session)


@pytest.fixture
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    """A client of the learner's running app, with httpx's names.

    Each check has an app of its own; the ones marked `one_app` share one.
    """
    if shares_the_app(request):
        yield _shared(session_of(request.config))
        return
    with request.getfixturevalue("start")() as api:
        yield api


@pytest.fixture
def loop_probe() -> LoopProbe:
    """`loop_probe.watch(send)`: was it called on the event loop?"""
    return LoopProbe()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The database that DATABASE_URL names: ask for it before `start` and `api`.

    It is empty when the app has not been started yet.
    """
    session = session_of(request.config)
    if shares_the_app(request):
        session.keep(_statements)  # a later check may ask for those of connections opened now
        yield session.keep(empty_database)
        return
    session.close_shared()
    with empty_database() as database:
        yield database


@pytest.fixture
def statements(request: pytest.FixtureRequest) -> Iterator[Statements]:
    """What SQLite executes: ask for it before `start` and `api`."""
    if shares_the_app(request):
        yield session_of(request.config).keep(_statements)
        return
    with _statements() as heard:
        yield heard


def _statements() -> AbstractContextManager[Statements]:
    return Statements().listening()


@pytest.fixture
def connections() -> Iterator[Connections]:
    """What SQLAlchemy's pools lend, from now on."""
    with Connections().listening() as lent:
        yield lent


def shares_the_app(request: pytest.FixtureRequest) -> bool:
    """Whether the check is content with the app that others use too."""
    marked = request.node.get_closest_marker("one_app")
    return bool(marked) and "app" not in request.fixturenames


def import_afresh(session: Session) -> Loaded:
    """The learner's code as if nothing of it had run yet. Raises LoadProblem."""
    try:
        session.loaded = load(session.folder, session.package)
    finally:
        session.guard.restore()
    return session.loaded


def _shared(session: Session) -> Api:
    if session.shared is None:
        restore(session.folder, session.files)
        app = import_afresh(session).app
        session.shared = session.running.enter_context(watched(app, session))
    session.shared.cookies.clear()
    return session.shared


def watched(app: Any, session: Session) -> AbstractContextManager[Api]:
    """`running`, with its exchanges reported to the session."""
    return running(app, session.exchanges, session.on_request, session.guard.restore_watched)
