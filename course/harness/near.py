"""Finds the route that was most likely meant for a path that none matches."""

from __future__ import annotations

import difflib
import inspect

from course.harness.routes import Route


def near_miss(table: list[Route], method: str, path: str) -> tuple[Route, str] | None:
    """The nearest route, and what differs. Routes of the wanted method come first."""
    wanted = _segments(path)
    candidates = sorted(table, key=lambda route: method not in route.methods)
    for says, fits in NEAR:
        for route in candidates:
            if fits(wanted, route, path):
                return route, says
    return None


def _no_slash(wanted: list[str], route: Route, path: str) -> bool:
    return _same(wanted, _segments(route.path)) and not route.path.startswith("/")


def _slash(wanted: list[str], route: Route, path: str) -> bool:
    differs = path.endswith("/") != route.path.endswith("/")
    return differs and _same(wanted, _segments(route.path))


def _converter(wanted: list[str], route: Route, path: str) -> bool:
    has = _segments(route.path)
    return _same(wanted, has) and any(":" in segment for segment in has if _parameter(segment))


def _braces(wanted: list[str], route: Route, path: str) -> bool:
    has = _segments(route.path)
    try:
        names = inspect.signature(route.endpoint).parameters
    except (TypeError, ValueError):
        return False
    meant = [f"{{{segment}}}" if segment in names else segment for segment in has]
    return meant != has and _same(wanted, meant)


def _doubled(wanted: list[str], route: Route, path: str) -> bool:
    has = _segments(route.path)
    return len(has) == len(wanted) + 1 and any(
        has[i] == has[i + 1] and _same(wanted, has[:i] + has[i + 1 :]) for i in range(len(wanted))
    )


def _spelling(wanted: list[str], route: Route, path: str) -> bool:
    has = _segments(route.path)
    if len(wanted) != len(has) or all(_parameter(segment) for segment in has):
        return False
    return all(
        _parameter(theirs)
        or difflib.SequenceMatcher(None, ours.lower(), theirs.lower()).ratio() >= 0.7
        for ours, theirs in zip(wanted, has, strict=True)
    )


def _beginning(wanted: list[str], route: Route, path: str) -> bool:
    has = _segments(route.path)
    return has != [""] and len(has) < len(wanted) and _literal(has, wanted[-len(has) :])


def _in_front(wanted: list[str], route: Route, path: str) -> bool:
    has = _segments(route.path)
    return wanted != [""] and len(has) > len(wanted) and _literal(has[-len(wanted) :], wanted)


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")


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
    (
        "the converter in its path answers 404 for what it does not take; a type in the "
        "function's signature answers 422",
        _converter,
    ),
    ("a part of its path is a parameter, and has no braces", _braces),
    ("one part of its path stands there twice", _doubled),
    ("its path has another spelling", _spelling),
    ("the beginning of the path is missing", _beginning),
    ("its path has something in front", _in_front),
)
