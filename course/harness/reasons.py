"""The mistakes that can be named for certain.

Each function of REASONS knows one. It returns an Explanation when it is sure, None when it is
not: a wrong "why" is worse than none.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import httpx
from fastapi import HTTPException
from fastapi.exceptions import ResponseValidationError
from pydantic import ValidationError

from course.harness.case import (
    Case,
    Explanation,
    function_of,
    named,
    opening,
    return_line,
    said,
    status_of,
    wanted,
)
from course.harness.client import ResponseTooLarge
from course.harness.frames import Place, innermost, last_place
from course.harness.near import near_miss
from course.harness.routes import Route, has_mounts, on_path, router_left_out, shadowed
from course.harness.validation import PLACES, explain_refusal, refusal
from course.harness.words import a, all_of, sentence, text_of, value

ERROR_KEYS = ("error", "errors", "detail", "message", "msg")


def redirects_for_ever(case: Case) -> Explanation | None:
    if isinstance(case.failure.error, httpx.TooManyRedirects):
        says = f"{case.exchange.method} {case.path} redirects again and again, and never answers."
        return Explanation("wrong-status", says, case.expected, "redirects without end")
    return None


def server_error(case: Case) -> Explanation | None:
    error = case.failure.recorded.error if case.failure.recorded else None
    if error is None:
        return None
    error = innermost(error)
    if isinstance(error, ResponseValidationError):
        return response_model(case, error)
    place = last_place(error, case.folder) or function_of(case)
    expected = case.expected if case.failure.target == "status" else "a response"
    says = _crash(error, place)
    if isinstance(error, ValidationError) and 422 in case.failure.statuses:
        says = f"{says.removesuffix(FORGOTTEN)} {OWN_422}"
    elif case.exchange.status == 500:
        says += " Nothing caught that, so the server answered 500."
    return Explanation("server-error", says, expected, status_of(case), place)


FORGOTTEN = " Did a validator forget its return?"
OWN_422 = (
    "That is a 500. Raise RequestValidationError(error.errors()), of fastapi.exceptions, and "
    "it is a 422."
)


def _crash(error: BaseException, place: Place | None) -> str:
    at = place.opening if place else "The app"
    text = text_of(error)
    if isinstance(error, ResponseTooLarge):
        return f"{at} sends a response that does not end: {error}."
    if isinstance(error, ValidationError):
        return f"{at} {refused_by_model(error)}"
    if isinstance(error, SystemExit | KeyboardInterrupt):
        return f"{at} raised {type(error).__name__}, which ends the whole server."
    if isinstance(error, MemoryError):
        return f"{at} asked for more memory than the run may use."
    if isinstance(error, RecursionError):
        return f"{at} calls itself again and again, until Python stops it with RecursionError."
    if text.endswith("raised StopIteration"):
        return f"{at} raised StopIteration: next() found nothing. Give it a default: next(…, None)."
    if "coroutine" in text and "await" not in text:
        return f"{at} returns a coroutine: there is an await missing."
    if text == "Object of type ValueError is not JSON serializable":
        return (
            f"{at} answers with error.errors(), which holds the exception itself. Give them to "
            "RequestValidationError, which FastAPI can turn into a 422."
        )
    if text.startswith("Response not awaited"):
        return (
            "A dependency with yield caught an exception and did not raise it again, so there is "
            "neither an answer nor an error. Clean up in finally, which needs no except."
        )
    if text == "generator didn't yield":
        return (
            "A dependency with yield was used again after its end. Is it cached? Only what "
            "returns can be; a function with yield begins anew for each request."
        )
    if "not JSON compliant" in text:
        return f"{at} returns NaN or Infinity, and JSON has no such numbers."
    return f"{at} raised {named(error)}"


def refused_by_model(error: ValidationError) -> str:
    """What the learner's own code gave to one of their models."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return f"makes {a(error.title)} without {name}, which it requires."
    hint = FORGOTTEN if first["input"] is None else ""
    what = f"{value(first['input'], 60)} as {name}" if name else value(first["input"], 60)
    return f"gives {error.title} {what}, and it refuses that: {sentence(first['msg'])}{hint}"


def response_model(case: Case, error: ResponseValidationError) -> Explanation:
    """The function returned something that its own response model refuses."""
    place = case.route.function if case.route else None
    name = case.route.name if case.route else "The function"
    if returned := returned_by(error.body):
        return returned(case) or Explanation("response-model", "", case.expected, "500", place)
    first = error.errors()[0]
    loc = [str(part) for part in first["loc"][1:]]
    if first["type"] == "missing" and loc:
        what = f"without {'.'.join(loc)}, which its response model requires"
    elif error.body is None:
        what = "None, and its response model does not allow that"
    else:
        what = f"{value(first['input'], 60)} as {'.'.join(loc) or 'the response'}, which its response model refuses: {first['msg']}"
    verb = "returned a value" if what.startswith("without") else "returned"
    return Explanation(
        "response-model",
        f"{name} {verb} {sentence(what)} A response that breaks its own model is a 500.",
        case.expected,
        status_of(case),
        place,
    )


def returned_by(body: Any) -> Callable[[Case], Explanation | None] | None:
    if isinstance(body, HTTPException):
        return _returned_exception
    if isinstance(body, tuple) and len(body) == 2 and body[1] in range(100, 600):
        return _returned_tuple
    return None


def returned_exception(case: Case) -> Explanation | None:
    """`return HTTPException(404)`: FastAPI makes JSON of the exception's attributes."""
    body = case.exchange.response
    if isinstance(body, dict) and {"status_code", "detail"} <= set(body) <= {
        "status_code",
        "detail",
        "headers",
    }:
        return _returned_exception(case)
    return None


def _returned_exception(case: Case) -> Explanation | None:
    place = return_line(case, "HTTPException") or function_of(case)
    return Explanation(
        "returned-exception",
        f"{opening(place)} returns the HTTPException. Returned, it is only a value that becomes "
        "JSON; raised, it becomes the response. Write raise instead of return.",
        case.expected,
        status_of(case),
        place,
    )


def returned_tuple(case: Case) -> Explanation | None:
    """`return {...}, 404`, which Flask understands and FastAPI does not."""
    body = case.exchange.response
    looks = (
        isinstance(body, list)
        and len(body) == 2
        and not isinstance(body[1], bool)
        and body[1] in range(100, 600)
        and case.exchange.status not in case.failure.statuses
    )
    return _returned_tuple(case) if looks else None


def _returned_tuple(case: Case) -> Explanation | None:
    place = return_line(case, ",") or function_of(case)
    return Explanation(
        "returned-tuple",
        f"{opening(place)} returns a pair. FastAPI makes a JSON list of it and does not read the "
        "number as a status. Raise HTTPException, or set status_code in the decorator.",
        case.expected,
        status_of(case),
        place,
    )


def error_with_200(case: Case) -> Explanation | None:
    """An error told in the body, under a status that says all is well."""
    body, statuses = case.exchange.response, case.failure.statuses
    keys = [key for key in ERROR_KEYS if isinstance(body, dict) and len(body) <= 2 and key in body]
    if not keys or not statuses or case.wants_success or (case.exchange.status or 500) >= 400:
        return None
    place = return_line(case, repr(keys[0])) or function_of(case)
    return Explanation(
        "error-with-200",
        f"{opening(place)} tells the error in the body, but the status {case.exchange.status} says "
        f"that all is well, and clients look at the status. Raise HTTPException({case.expected}).",
        case.expected,
        status_of(case),
        place,
    )


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
    if case.exchange.status != 404 or 404 in case.failure.statuses:
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
    else:
        says += f"Your app has {_list_routes(case.table)}."
    return Explanation("route-missing", says, wanted(case), status_of(case), place)


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


def _list_routes(table: list[Route]) -> str:
    shown = [str(route) for route in table[:6]]
    more = len(table) - len(shown)
    return all_of(shown + ([f"{more} more"] if more else []))


def wrong_method(case: Case) -> Explanation | None:
    if case.exchange.status != 405 or 405 in case.failure.statuses:
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
    if case.exchange.status != 422 or 422 in case.failure.statuses:
        return None
    refused = refusal(case.exchange.response)
    if refused is None:
        return None
    place = case.route.function if case.route else None
    says = explain_refusal(refused, case.exchange, case.route)
    if refused.place not in PLACES:  # the app's own words: the check knows better what it asked for
        says = case.failure.message or says
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
