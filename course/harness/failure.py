"""What pytest knows of a failed check: the assertion, both sides, the exchange it is about."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from course.harness.client import Recorded

Target = Literal["status", "header", "openapi", "body"]


@dataclass
class Comparison:
    """The sides of a failed comparison: `left` is what the app said, `right` what was expected."""

    op: str
    left: Any
    right: Any


@dataclass
class Failure:
    """One failed check, as plain facts."""

    error: BaseException
    target: Target
    comparison: Comparison | None = None
    path: str = ""
    """The part of the body that `comparison` is about, as in `items[0]`; the header's name."""
    message: str = ""
    """What the check itself says: `assert …, "message"`."""
    recorded: Recorded | None = None
    """The exchange that the assertion is about."""
    late: BaseException | None = None
    """What was raised after an answer had left, in whichever exchange of the check."""

    @property
    def statuses(self) -> set[int]:
        """The statuses that the check would have accepted; empty when it is not about status."""
        if self.target != "status" or self.comparison is None:
            return set()
        right = self.comparison.right
        if self.comparison.op == "==":
            return {right}
        return set(right) if self.comparison.op == "in" else set()


def read_failure(
    excinfo: pytest.ExceptionInfo[BaseException],
    checks: Path,
    comparison: Comparison | None,
    exchanges: list[Recorded],
) -> Failure:
    """Read the failing statement of the check file `checks` and the variables it names."""
    entry = next((e for e in reversed(excinfo.traceback) if Path(e.path) == checks), None)
    statement = _parse(str(entry.statement)) if entry else None
    scope = {**entry.frame.f_globals, **entry.frame.f_locals} if entry else {}
    test = statement.test if isinstance(statement, ast.Assert) else statement
    left = test.left if isinstance(test, ast.Compare) else test
    recorded = _about(statement, scope) or (exchanges[-1] if exchanges else None)
    late = [exchange.error for exchange in exchanges if exchange.late]
    return Failure(
        error=excinfo.value,
        target=_target(left, recorded),
        comparison=comparison if isinstance(statement, ast.Assert) else None,
        path=_path(left),
        message=_message(statement, excinfo.value),
        recorded=recorded,
        late=late[-1] if late else None,
    )


def _parse(source: str) -> ast.stmt | None:
    """A statement, also one like `for …:` or `with …:` whose body is not in `source`."""
    source = textwrap.dedent(source)
    for attempt in (source, f"{source}\n    pass"):
        try:
            return ast.parse(attempt).body[0]
        except (SyntaxError, IndexError):
            continue
    return None


def _about(statement: ast.stmt | None, scope: dict[str, Any]) -> Recorded | None:
    names = [n.id for n in ast.walk(statement) if isinstance(n, ast.Name)] if statement else []
    for name in names:
        response = scope.get(name)
        if isinstance(response, httpx.Response):
            return response.extensions.get("recorded")
    return None


def _target(left: ast.AST | None, recorded: Recorded | None) -> Target:
    attributes = {n.attr for n in ast.walk(left) if isinstance(n, ast.Attribute)} if left else set()
    if "status_code" in attributes:
        return "status"
    if "headers" in attributes:
        return "header"
    if recorded and recorded.exchange.url.partition("?")[0] == "/openapi.json":
        return "openapi"
    return "body"


def _path(left: ast.AST | None) -> str:
    """`response.json()["items"][0]` is about `items[0]`; `.headers["location"]` about `location`."""
    if isinstance(left, ast.Subscript) and isinstance(left.slice, ast.Constant):
        parent, key = _path(left.value), left.slice.value
        return f"{parent}[{key}]" if isinstance(key, int) else f"{parent}.{key!s}".lstrip(".")
    if isinstance(left, ast.Call) and isinstance(left.func, ast.Name) and left.func.id == "type":
        return _path(left.args[0])
    if isinstance(left, ast.Call) and isinstance(left.func, ast.Attribute):
        first = left.args[0] if left.args else None
        if left.func.attr == "get" and isinstance(first, ast.Constant):
            return f"{_path(left.func.value)}.{first.value!s}".lstrip(".")
    return ""


def _message(statement: ast.stmt | None, error: BaseException) -> str:
    if not isinstance(statement, ast.Assert):
        return _failed_with(error)
    # Anything but an AssertionError was raised by the check's own reading of the answer.
    said = statement.msg is not None and isinstance(error, AssertionError)
    return str(error).partition("\nassert ")[0] if said else ""


def _failed_with(error: BaseException) -> str:
    """The text of `pytest.fail("…")`, which a check uses where no comparison would do."""
    return str(error.msg) if isinstance(error, pytest.fail.Exception) else ""
