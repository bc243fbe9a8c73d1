"""A failure beside the app that caused it, and what an explanation of it consists of."""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from course.harness.difference import difference
from course.harness.failure import Failure
from course.harness.frames import Place, innermost, own_place_in
from course.harness.report import Exchange, compact
from course.harness.routes import Route, answering, routes
from course.harness.words import either, operand, sentence, shorten, text_of


@dataclass
class Explanation:
    """`kind` is one of `report.KINDS`; `place` the learner's line that it is about."""

    kind: str
    message: str = ""
    expected: str | None = None
    actual: str | None = None
    place: Place | None = None


@dataclass
class Case:
    """A failure beside the app that caused it."""

    failure: Failure
    app: Any
    folder: Path

    @property
    def exchange(self) -> Exchange:
        assert self.failure.recorded is not None
        return self.failure.recorded.exchange

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.exchange.url).path)

    @cached_property
    def table(self) -> list[Route]:
        return routes(self.app, self.folder)

    @cached_property
    def route(self) -> Route | None:
        """The path operation that got the request."""
        return next(iter(answering(self.table, self.exchange.method, self.path)), None)

    @property
    def expected(self) -> str:
        """What the check asked for, in few words."""
        statuses = self.failure.statuses
        if statuses:
            return either(sorted(statuses))
        comparison = self.failure.comparison
        if self.failure.target == "status" and comparison:
            return operand(comparison.op, comparison.right, comparison.left)
        return "200"

    @property
    def raised(self) -> Place | None:
        """The line that raised what the app made its answer of."""
        handled = self.failure.recorded.handled if self.failure.recorded else None
        return own_place_in(handled, self.folder) if handled else None

    @property
    def wants_success(self) -> bool:
        statuses = self.failure.statuses
        return all(status < 400 for status in statuses)


def status_of(case: Case) -> str:
    return str(case.exchange.status)


def said(case: Case) -> str:
    """What the app said, in one short line."""
    body = case.exchange.response
    if case.failure.target == "status" or body is None:
        return status_of(case) if body is not None else f"{status_of(case)}, no body"
    return shorten(compact(body), 160)


def wanted(case: Case) -> str:
    if case.failure.target == "status":
        return case.expected
    comparison = case.failure.comparison
    if comparison is None or comparison.op not in ("==", "is"):
        return "200"
    found = difference(comparison.left, comparison.right, case.failure.path)
    return found.expected if found else "200"


def function_of(case: Case) -> Place | None:
    return case.route.function if case.route else None


def named(error: BaseException) -> str:
    error = innermost(error)
    text = text_of(error)
    return sentence(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def opening(place: Place | None) -> str:
    return place.opening if place else "The function"


def return_line(case: Case, holding: str) -> Place | None:
    """The only `return` of the endpoint whose source holds a text."""
    if case.route is None or case.route.declared is None:
        return None
    try:
        lines, start = inspect.getsourcelines(inspect.unwrap(case.route.endpoint))
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, SyntaxError, TypeError):
        return None
    returns = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Return) and holding in ast.unparse(node)
    ]
    if len(returns) != 1:
        return None
    line = returns[0].lineno
    return Place(case.route.declared.file, start + line - 1, lines[line - 1].strip())
