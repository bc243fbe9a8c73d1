"""The routes of a learner's app, as the explanations need them.

Only explanations look in here. A check never does: it asks the app.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from re import Pattern
from typing import Any

from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount, compile_path

from course.harness.frames import Place, decorator_place, function_place


@dataclass(frozen=True)
class Route:
    """One path operation: where it is declared, and what it answers to."""

    methods: frozenset[str]
    path: str
    pattern: Pattern[str]
    endpoint: Callable[..., Any]
    status_code: int | None
    declared: Place | None
    function: Place | None

    @property
    def parameters(self) -> int:
        return self.path.count("{")

    @property
    def name(self) -> str:
        return getattr(self.endpoint, "__name__", "the function")

    def __str__(self) -> str:
        return f"{'/'.join(sorted(self.methods))} {self.path}"


def routes(app: Any, folder: Path) -> list[Route]:
    """All path operations of an app, in the order in which they are asked."""
    return list(_routes(app, folder))


def _routes(app: Any, folder: Path) -> Iterator[Route]:
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute) and context.path and context.endpoint:
            yield Route(
                frozenset(context.methods or ()),
                context.path,
                compile_path(context.path)[0],
                context.endpoint,
                context.status_code,
                decorator_place(context.endpoint, folder),
                function_place(context.endpoint, folder),
            )


def has_mounts(app: Any) -> bool:
    """Whether parts of the app are other apps, whose routes `routes` does not know."""
    return any(
        isinstance(context.original_route, Mount) for context in iter_route_contexts(app.routes)
    )


def answering(table: list[Route], method: str, path: str) -> list[Route]:
    """The routes that match a request. The first one gets it, the others never run."""
    return [route for route in on_path(table, path) if method in route.methods]


def on_path(table: list[Route], path: str) -> list[Route]:
    """The routes that match a path, with whatever method."""
    return [route for route in table if route.pattern.match(path)]


def shadowed(table: list[Route], method: str, path: str) -> tuple[Route, Route] | None:
    """The route that gets the request, and a later one that fits it at least as well."""
    matching = answering(table, method, path)
    if not matching:
        return None
    first = matching[0]
    fitting = [
        route
        for route in matching[1:]
        if route.parameters < first.parameters or route.path == first.path
    ]
    return (first, fitting[0]) if fitting else None


def near_miss(table: list[Route], method: str, path: str) -> tuple[Route, str] | None:
    """The route that was most likely meant for a path that none matches, and what differs."""
    wanted = path.strip("/").split("/")
    candidates = sorted(table, key=lambda route: method not in route.methods)
    for says, fits in NEAR:
        for route in candidates:
            if fits(wanted, route.path.strip("/").split("/"), path, route.path):
                return route, says
    return None


def _no_slash(wanted: list[str], has: list[str], path: str, template: str) -> bool:
    return _same(wanted, has) and not template.startswith("/")


def _slash(wanted: list[str], has: list[str], path: str, template: str) -> bool:
    return _same(wanted, has) and path.endswith("/") != template.endswith("/")


def _doubled(wanted: list[str], has: list[str], path: str, template: str) -> bool:
    return len(has) == len(wanted) + 1 and any(
        has[i] == has[i + 1] and _same(wanted, has[:i] + has[i + 1 :]) for i in range(len(wanted))
    )


def _prefix_missing(wanted: list[str], has: list[str], path: str, template: str) -> bool:
    return has != [""] and len(has) < len(wanted) and _literal(has, wanted[-len(has) :])


def _prefix_extra(wanted: list[str], has: list[str], path: str, template: str) -> bool:
    return wanted != [""] and len(has) > len(wanted) and _literal(has[-len(wanted) :], wanted)


def _spelling(wanted: list[str], has: list[str], path: str, template: str) -> bool:
    return (
        len(wanted) == len(has)
        and all(
            _parameter(theirs)
            or difflib.SequenceMatcher(None, ours.lower(), theirs.lower()).ratio() >= 0.7
            for ours, theirs in zip(wanted, has, strict=True)
        )
        and any(not _parameter(theirs) for theirs in has)
    )


def _literal(has: list[str], wanted: list[str]) -> bool:
    return _same(wanted, has) and any(not _parameter(segment) for segment in has)


def _same(wanted: list[str], has: list[str]) -> bool:
    return len(wanted) == len(has) and all(
        _parameter(theirs) or ours == theirs for ours, theirs in zip(wanted, has, strict=True)
    )


def _parameter(segment: str) -> bool:
    return segment.startswith("{")


NEAR = (
    ("its path must begin with a slash", _no_slash),
    ("the slash at the end differs", _slash),
    ("one part of its path stands there twice", _doubled),
    ("its path has another spelling", _spelling),
    ("the beginning of the path is missing", _prefix_missing),
    ("its path has something in front", _prefix_extra),
)
