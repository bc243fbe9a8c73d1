"""The routes of a learner's app, as the explanations need them.

Only explanations look in here. A check never does: it asks the app.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from re import Pattern
from typing import Any

from fastapi.routing import APIRoute, APIRouter, iter_route_contexts
from starlette.routing import Mount, compile_path

from course.harness import words
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


def router_left_out(app: Any, folder: Path, method: str, path: str) -> Route | None:
    """A route that would answer, on a router of the learner's that no app includes."""
    modules = [
        m for m in list(sys.modules.values()) if words.inside(getattr(m, "__file__", None), folder)
    ]
    routers = [v for m in modules for v in vars(m).values() if isinstance(v, APIRouter)]
    included = {route.endpoint for route in _routes(app, folder)}
    for router in routers:
        table = list(_routes(router, folder))
        left_out = included.isdisjoint(route.endpoint for route in table)
        if left_out and (found := answering(table, method, path)):
            return found[0]
    return None


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
