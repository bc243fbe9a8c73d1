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
from course.harness.load import Loaded, load
from course.harness.session import Session, session_of

Start = Callable[[], AbstractContextManager[Api]]


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Random values that are the same again for the same seed and check."""
    session = session_of(request.config)
    return random.Random(f"{session.seed}:{request.node.name}")


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """The learner's folder. A check may change its files: they are put back afterwards."""
    folder = session_of(request.config).folder
    before = _contents(folder)
    yield folder
    for path in _contents(folder).keys() - before.keys():
        path.unlink()
    for path, data in before.items():
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


@pytest.fixture
def submission(request: pytest.FixtureRequest, folder: Path) -> Iterator[Loaded]:
    """The learner's code, imported afresh for this check."""
    session = session_of(request.config)
    session.loaded = load(folder, session.package)
    session.guard.restore()
    yield session.loaded


@pytest.fixture
def app(submission: Loaded) -> Any:
    """The learner's `FastAPI`, imported and not started."""
    return submission.app


@pytest.fixture
def start(app: Any, request: pytest.FixtureRequest) -> Start:
    """`with start() as api:` for checks that do something before the app starts."""
    session = session_of(request.config)
    return lambda: watched(app, session)


@pytest.fixture
def api(start: Start) -> Iterator[Api]:
    """A client of the learner's running app, with httpx's names."""
    with start() as api:
        yield api


def watched(app: Any, session: Session) -> AbstractContextManager[Api]:
    """`running`, with its exchanges reported to the session."""
    return running(app, session.exchanges, session.on_request, session.guard.restore)


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
