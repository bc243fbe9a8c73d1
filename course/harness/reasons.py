"""The mistakes that can be named for certain.

Each function of REASONS knows one. It returns an Explanation when it is sure, None when it is
not: a wrong "why" is worse than none.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

import httpx

from course.harness.case import (
    Case,
    Explanation,
    said,
    status_of,
    wanted,
)
from course.harness.crash import server_error, with_the_check
from course.harness.near import near_miss
from course.harness.returned import error_with_200, returned_exception, returned_tuple
from course.harness.routes import Route, has_mounts, on_path, router_left_out, shadowed
from course.harness.validation import PLACES, explain_refusal, refusal
from course.harness.words import all_of


def redirects_for_ever(case: Case) -> Explanation | None:
    if isinstance(case.failure.error, httpx.TooManyRedirects):
        says = f"{case.exchange.method} {case.path} redirects again and again, and never answers."
        return Explanation("wrong-status", says, case.expected, "redirects without end")
    return None


def route_shadowed(case: Case) -> Explanation | None:
    pair = shadowed(case.table, case.exchange.method, case.path)
    if pair is None or pair[0].declared is None or pair[1].declared is None:
        return None
    first, second = pair
    if first.path == second.path:
        says = (
            f"{case.exchange.method} {first.path} is declared twice, on {first.declared} and on "
            f"{second.declared}. The first one answers; {second.name} never runs."
        )
    else:
        taken = _taken(first, case.path)
        says = (
            f"The route {first.path} ({first.declared}) is declared before {second.path} "
            f"({second.declared}), so it answers first and reads {taken}."
        )
    asked = wanted(case)
    if asked == "200" and case.failure.target != "status":
        # The check says what is wrong with the answer, and that it comes from elsewhere is why.
        return Explanation(
            "route-shadowed",
            says,
            f"the answer of {second.name}",
            f"the answer of {first.name}",
            first.declared,
        )
    return Explanation("route-shadowed", says, asked, said(case), first.declared)


def _taken(route: Route, path: str) -> str:
    match = route.pattern.match(path)
    groups = match.groupdict() if match else {}
    return all_of(f'"{text}" as {name}' for name, text in groups.items())


def route_missing(case: Case) -> Explanation | None:
    """404 from the router itself: no route matches the path."""
    if case.exchange.status != 404 or 404 in case.failure.statuses or _is_about_more(case):
        return None
    if on_path(case.table, case.path) or has_mounts(case.app):
        return None
    method, path = case.exchange.method, case.path
    says, place = f"No route answers {method} {path}. ", None
    if route := router_left_out(case.app, case.folder, method, path):
        says += f"A router has it ({route.declared}), but app.include_router() is missing."
        place = route.declared
    elif near := near_miss(case.table, method, path):
        place = near[0].declared
        says += f"There is {near[0]}{f' ({place})' if place else ''}: {near[1]}."
    elif not case.table:
        says += _no_routes(case)
    elif again := _declared_again(case.table):
        first, second = again
        says += f"{first} is declared twice, on {first.declared} and on {second.declared}."
        place = second.declared
    else:
        says += f"Your app has {_list_routes(case.table)}."
    return Explanation("route-missing", says, wanted(case), status_of(case), place)


def _is_about_more(case: Case) -> bool:
    """Whether the check looks past the status, and says in its own words what is wrong there."""
    return case.failure.target != "status" and bool(case.failure.message)


def _no_routes(case: Case) -> str:
    source = (case.folder / "main.py").read_text("utf-8", "replace")
    try:
        made = [
            node.lineno
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id == "app" for t in node.targets)
        ]
    except SyntaxError:
        made = []
    if len(made) > 1:
        return (
            f"Your app has no routes: app is made on {all_of(f'line {n}' for n in sorted(made))}, "
            "and the last one replaces the others with all their routes."
        )
    return "Your app has no routes yet."


def _declared_again(table: list[Route]) -> tuple[Route, Route] | None:
    """Two with the same path and method: one of them was meant for somewhere else."""
    seen: dict[str, Route] = {}
    for route in table:
        if str(route) in seen:
            return seen[str(route)], route
        seen[str(route)] = route
    return None


def _list_routes(table: list[Route]) -> str:
    shown = [str(route) for route in table[:6]]
    more = len(table) - len(shown)
    return all_of(shown + ([f"{more} more"] if more else []))


def wrong_method(case: Case) -> Explanation | None:
    if case.exchange.status != 405 or 405 in case.failure.statuses or _is_about_more(case):
        return None
    if case.failure.statuses == {404}:  # the path must not be there at all, by any method
        return None
    there = on_path(case.table, case.path)
    if not there:
        return None
    methods = sorted({method for route in there for method in route.methods})
    says = (
        f"{there[0].path} answers {all_of(methods)} only ({there[0].declared or 'your app'}). "
        f"{case.exchange.method} needs a function of its own, under @app.{case.exchange.method.lower()}."
    )
    return Explanation("wrong-method", says, wanted(case), "405", there[0].declared)


def validation(case: Case) -> Explanation | None:
    if case.exchange.status != 422 or 422 in case.failure.statuses or _is_about_more(case):
        return None
    refused = refusal(case.exchange.response)
    if refused is None:
        return None
    place = case.route.function if case.route else None
    says = explain_refusal(refused, case.exchange, case.route)
    if case.failure.message and refused.place not in PLACES:
        says = case.failure.message  # the app's own words: the check knows better what it asked for
    elif case.failure.message and case.failure.statuses & {401, 403}:
        says = with_the_check(case.failure.message, says)  # who asks comes before what they ask
    return Explanation("validation", says, wanted(case), "422", place)


REASONS: tuple[Callable[[Case], Explanation | None], ...] = (
    redirects_for_ever,
    route_missing,
    route_shadowed,
    wrong_method,
    validation,
    server_error,
    returned_exception,
    returned_tuple,
    error_with_200,
)
