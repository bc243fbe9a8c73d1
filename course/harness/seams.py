"""A fixture that puts something of a check's own in the place of one of the app's dependencies.

The page of a lesson names these dependencies; a check knows nothing else of the code.
"""

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_origin

import pytest
from fastapi.params import Depends

from course.harness.frames import Place, function_place
from course.harness.load import Loaded
from course.harness.oracles import shares_the_app
from course.harness.routes import routes
from course.harness.session import Session, session_of
from course.harness.words import a, all_of

Override = Callable[[str, Callable[..., Any]], None]


@dataclass
class SeamMissing(Exception):
    """main.py has no such dependency, or something under its name that cannot be replaced."""

    name: str
    message: str
    place: Place | None = None
    actual: str = ""

    @property
    def expected(self) -> str:
        return f"{self.name} in main.py"


@pytest.fixture
def override(request: pytest.FixtureRequest) -> Iterator[Override]:
    """`override("get_now", lambda: noon)`: the app gets noon wherever it depends on get_now.

    The name is looked up in main.py, defined or imported there. What stands under it may be
    whatever FastAPI takes as a dependency; what replaces it as well.
    """
    request.getfixturevalue("api" if shares_the_app(request) else "app")
    session = session_of(request.config)
    replaced = _loaded(session).app.dependency_overrides
    before = dict(replaced)

    def put(name: str, instead: Callable[..., Any]) -> None:
        replaced[dependency(_loaded(session), name)] = instead

    yield put
    replaced.clear()
    replaced.update(before)


def _loaded(session: Session) -> Loaded:
    assert session.loaded is not None
    return session.loaded


def dependency(loaded: Loaded, name: str) -> Callable[..., Any]:
    """What main.py calls `name`. Raises SeamMissing when nothing there can be replaced."""
    value = vars(loaded.module).get(name)
    if value is None:
        raise _missing(loaded, name)
    if reason := _unusable(value):
        place = _assigned(loaded, name)
        at = f" ({place})" if place else ""
        message = f"{name}{at} {reason}"
        raise SeamMissing(name, message, place, f"{name} is {_kind(value)}")
    return value  # type: ignore[no-any-return]


def _unusable(value: Any) -> str:
    """Why FastAPI could not replace it: `dependency_overrides` has the dependency itself as key."""
    if get_origin(value) is Annotated:
        return (
            "is a type for parameters. The checks replace the dependency inside its Depends(): "
            "give the function this name, and the type another."
        )
    if isinstance(value, Depends):
        return (
            "is what Depends() made. The checks replace the function inside it: give the function "
            "this name."
        )
    if not callable(value):
        return (
            "is a value that was made once, when main.py was imported. A dependency is what "
            "FastAPI calls for each request: a function, without the parentheses of a call."
        )
    try:
        hash(value)
    except TypeError:
        return (
            "cannot be hashed, and FastAPI keeps dependencies in a dict. A dataclass needs "
            "frozen=True for that."
        )
    return ""


def _kind(value: Any) -> str:
    if get_origin(value) is Annotated:
        return "an Annotated type"
    return a(type(value).__name__)


def _missing(loaded: Loaded, name: str) -> SeamMissing:
    begins = (
        f"The checks put something else in the place of {name}, and look for it in main.py, where "
        "no such name is."
    )
    says, place, actual = _instead(loaded, name)
    return SeamMissing(name, f"{begins} {says}", place, actual or f"no {name}")


def _instead(loaded: Loaded, name: str) -> tuple[str, Place | None, str]:
    """What was most likely meant: a sentence, its place, and what is there."""
    for module, value in _elsewhere(loaded, name):
        place = function_place(value, loaded.folder)
        at = f" ({place})" if place else ""
        says = f"{module} has it{at}. Import it: from {module} import {name}."
        return says, place, f"{name} only in {module}"
    own = _functions(loaded)
    if near := difflib.get_close_matches(_bare(name), map(_bare, own), 1, 0.55):
        other = next(one for one in own if _bare(one) == near[0])
        place = function_place(own[other], loaded.folder)
        at = f" ({place})" if place else ""
        return f"There is {other}{at}. Is it the one? Then call it {name}.", place, other
    if own:
        says = f"Its functions are {all_of(list(own)[:6])}. If one is meant, rename it to {name}."
        return says, None, ""
    return "Define it there, or import it there from a module of yours.", None, ""


def _bare(name: str) -> str:
    """`settings` of `get_settings`, so that what many names begin with makes none alike."""
    return name.lower().replace("_", "").removeprefix("get")


def _elsewhere(loaded: Loaded, name: str) -> Iterator[tuple[str, Any]]:
    """The learner's other modules that have this name."""
    package = loaded.module.__name__.rpartition(".")[0]
    for full, module in list(sys.modules.items()):
        value = vars(module).get(name) if full.startswith(f"{package}.") else None
        if module is not loaded.module and callable(value):
            yield full.removeprefix(f"{package}."), value


def _functions(loaded: Loaded) -> dict[str, Any]:
    """The functions that main.py knows and the learner wrote, without the path operations."""
    endpoints = [route.endpoint for route in routes(loaded.app, loaded.folder)]
    return {
        name: value
        for name, value in vars(loaded.module).items()
        if inspect.isroutine(inspect.unwrap(value) if callable(value) else value)
        and function_place(value, loaded.folder)
        and value not in endpoints
    }


def _assigned(loaded: Loaded, name: str) -> Place | None:
    """The line of main.py that begins with this name."""
    file = inspect.getsourcefile(loaded.module)
    lines = inspect.getsource(loaded.module).splitlines() if file else []
    for number, line in enumerate(lines, start=1):
        if line.startswith((f"{name} =", f"{name}:", f"{name}=")):
            return Place("main.py", number, line.strip())
    return None
