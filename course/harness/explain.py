"""Turns a failed check and its exchange into one sentence for the learner.

Each function below knows one mistake. It returns an Explanation when it is sure, None when it
is not: a wrong "why" is worse than none.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from json import JSONDecodeError
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
from fastapi import HTTPException
from fastapi.exceptions import ResponseValidationError

from course.harness.client import ResponseTooLarge
from course.harness.difference import Difference, difference
from course.harness.failure import Failure
from course.harness.frames import Place, innermost, last_place
from course.harness.lifespan import ShutdownFailed, StartupFailed
from course.harness.load import LoadProblem
from course.harness.report import Exchange, compact
from course.harness.routes import Route, answering, has_mounts, near_miss, on_path, routes, shadowed
from course.harness.validation import explain_refusal, refusal
from course.harness.words import all_of, either, json_type, sentence, shorten, value

ERROR_KEYS = ("error", "errors", "detail", "message", "msg")


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
            return f"not {comparison.right}" if comparison.op == "!=" else str(comparison.right)
        return "200"

    @property
    def wants_success(self) -> bool:
        statuses = self.failure.statuses
        return all(status < 400 for status in statuses)


def explain(failure: Failure, app: Any, folder: Path) -> Explanation:
    """The one explanation of a failure that is most specific."""
    if isinstance(failure.error, LoadProblem):
        problem = failure.error
        return Explanation(
            problem.kind, problem.message, problem.expected, problem.actual, problem.place
        )
    if isinstance(failure.error, StartupFailed | ShutdownFailed):
        return lifespan_failed(failure.error, folder)
    if failure.recorded is None:
        return without_exchange(failure)
    case = Case(failure, app, folder)
    found = next((found for reason in REASONS if (found := reason(case))), None)
    return found or generic(case)


def lifespan_failed(error: StartupFailed | ShutdownFailed, folder: Path) -> Explanation:
    cause = error.__cause__ or error
    place = last_place(cause, folder)
    when = "starting" if isinstance(error, StartupFailed) else "stopping"
    at = place.opening if place else "The app"
    return Explanation(
        "startup-failed",
        f"{at} raised {_named(cause)} while the app was {when}. No request was sent.",
        "the app starts and stops",
        f"{type(innermost(cause)).__name__} while {when}",
        place,
    )


def without_exchange(failure: Failure) -> Explanation:
    if failure.message:
        comparison = failure.comparison
        return Explanation(
            "wrong-body",
            failure.message,
            value(comparison.right) if comparison else None,
            value(comparison.left) if comparison else None,
        )
    return course_error(failure)


def course_error(failure: Failure) -> Explanation:
    return Explanation(
        "course-error",
        f"This check could not be run: {_named(failure.error)} That is a mistake in the course, "
        "not in your code. Please report it.",
    )


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
    place = last_place(error, case.folder) or _function(case)
    expected = case.expected if case.failure.target == "status" else "a response"
    return Explanation("server-error", _crash(error, place), expected, _status(case), place)


def _crash(error: BaseException, place: Place | None) -> str:
    at = place.opening if place else "The app"
    text = str(error)
    if isinstance(error, ResponseTooLarge):
        return f"{at} sends a response that does not end: {error}."
    if isinstance(error, SystemExit | KeyboardInterrupt):
        return f"{at} raised {type(error).__name__}, which ends the whole server."
    if isinstance(error, MemoryError):
        return f"{at} asked for more memory than the run may use."
    if isinstance(error, RecursionError):
        return f"{at} calls itself again and again, until Python stops it with RecursionError."
    if "coroutine" in text and "await" not in text:
        return f"{at} returns a coroutine: there is an await missing."
    if "not JSON compliant" in text:
        return f"{at} returns NaN or Infinity, and JSON has no such numbers."
    return f"{at} raised {_named(error)} Nothing caught it, so the server answered 500."


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
        _status(case),
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
    place = _return_line(case, "HTTPException") or _function(case)
    return Explanation(
        "returned-exception",
        f"{_at(place)} returns the HTTPException. Returned, it is only a value that becomes "
        "JSON; raised, it becomes the response. Write raise instead of return.",
        case.expected,
        _status(case),
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
    place = _return_line(case, ",") or _function(case)
    return Explanation(
        "returned-tuple",
        f"{_at(place)} returns a pair. FastAPI makes a JSON list of it and does not read the "
        "number as a status. Raise HTTPException, or set status_code in the decorator.",
        case.expected,
        _status(case),
        place,
    )


def error_with_200(case: Case) -> Explanation | None:
    """An error told in the body, under a status that says all is well."""
    body, statuses = case.exchange.response, case.failure.statuses
    told = isinstance(body, dict) and len(body) <= 2 and any(key in body for key in ERROR_KEYS)
    if not told or not statuses or case.wants_success or (case.exchange.status or 500) >= 400:
        return None
    place = _return_line(case, "{") or _function(case)
    return Explanation(
        "error-with-200",
        f"{_at(place)} tells the error in the body, but the status {case.exchange.status} says "
        f"that all is well, and clients look at the status. Raise HTTPException({case.expected}).",
        case.expected,
        _status(case),
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
    return Explanation("route-shadowed", says, _wanted(case), _said(case), first.declared)


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
    operation = f"{case.exchange.method} {case.path}"
    near = near_miss(case.table, case.exchange.method, case.path)
    place = near[0].declared if near else None
    if near:
        route, says = near
        where = f" ({route.declared})" if route.declared else ""
        says = f"No route answers {operation}. There is {route}{where}: {says}."
    elif not case.table:
        says = f"No route answers {operation}. {_no_routes(case)}"
    else:
        says = f"No route answers {operation}. Your app has {_list_routes(case.table)}."
    return Explanation("route-missing", says, _wanted(case), _status(case), place)


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
    return Explanation("wrong-method", says, _wanted(case), "405", there[0].declared)


def validation(case: Case) -> Explanation | None:
    if case.exchange.status != 422 or 422 in case.failure.statuses:
        return None
    refused = refusal(case.exchange.response)
    if refused is None:
        return None
    place = case.route.function if case.route else None
    says = explain_refusal(refused, case.exchange, case.route)
    return Explanation("validation", says, _wanted(case), "422", place)


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


def generic(case: Case) -> Explanation:
    """Nothing special to say: both sides, and what the check itself says."""
    if case.failure.target == "status" and case.failure.comparison:
        return wrong_status(case)
    if not isinstance(case.failure.error, AssertionError):
        return broken_shape(case)
    if case.failure.comparison is None:
        kind = _body_kind(case)
        return Explanation(kind, case.failure.message, None, _said(case), _function(case))
    if case.failure.target == "header":
        return wrong_header(case)
    return wrong_body(case)


def wrong_status(case: Case) -> Explanation:
    says = case.failure.message or _status_says(case)
    return Explanation("wrong-status", says, case.expected, _status(case), _function(case))


def _status_says(case: Case) -> str:
    status, expected = case.exchange.status or 0, case.failure.statuses
    at = f"{case.route.name} ({case.route.function})" if case.route and case.route.function else ""
    if not at:
        return ""
    if status == 200 and case.route and case.route.status_code is None and case.wants_success:
        return f"{at} answers 200, as every function does that does not say otherwise: status_code={case.expected} in its decorator."
    if status < 400 and not case.wants_success:
        return f"{at} ran to its end and returned a value, so FastAPI answered {status}."
    if status >= 400 and case.wants_success and expected:
        return f"{at} was called and answered {status} itself."
    return ""


def wrong_header(case: Case) -> Explanation:
    comparison = case.failure.comparison
    assert comparison is not None
    name = case.failure.path or "header"
    actual = "no such header" if comparison.left is None else value(comparison.left)
    return Explanation(
        "wrong-header",
        case.failure.message,
        f"{name}: {_operand(comparison.op, comparison.right)}",
        f"{name}: {actual}",
        _function(case),
    )


def wrong_body(case: Case) -> Explanation:
    kind, comparison = _body_kind(case), case.failure.comparison
    assert comparison is not None
    left, right = comparison.left, comparison.right
    found: Difference | None = None
    if comparison.op in ("==", "is"):
        found = difference(left, right, case.failure.path)
    if found is None:
        found = _other_operator(comparison.op, left, right, case.failure.path)
    says = case.failure.message or found.says
    return Explanation(kind, says, found.expected, found.actual, _function(case))


def _other_operator(op: str, left: Any, right: Any, path: str) -> Difference:
    """`in`, `not in` and the orderings, put as expected and actual."""
    if op == "in":
        return Difference(path, f"{value(left)} in it", value(right))
    if op == "not in":
        held = right[left] if isinstance(right, dict) else right
        actual = f"{left}: {value(held)}" if isinstance(right, dict) else _around(held, left)
        return Difference(path, f"no {value(left)} in it", actual)
    return Difference(path, _operand(op, right), value(left))


def _around(text: Any, part: Any) -> str:
    """The neighbourhood of `part` in a long text."""
    if not isinstance(text, str) or not isinstance(part, str):
        return value(text)
    start = max(0, text.find(part) - 40)
    return f"…{shorten(text[start:], 80 + len(part))}"


def _operand(op: str, right: Any) -> str:
    names = {
        "!=": "not ",
        "<": "less than ",
        "<=": "at most ",
        ">": "more than ",
        ">=": "at least ",
    }
    if op == "in":
        return either(map(value, right)) if isinstance(right, list | tuple | set) else value(right)
    return f"{names.get(op, '')}{value(right)}"


def broken_shape(case: Case) -> Explanation:
    """The check could not even read what it looks for: a key or a type is not there."""
    error, body = case.failure.error, case.exchange.response
    place = _function(case)
    said = _said(case)
    if case.failure.message:
        return Explanation(_body_kind(case), case.failure.message, None, said, place)
    if case.failure.target == "header" and isinstance(error, KeyError):
        name = str(error.args[0])
        says = f"The response has no header {name}."
        return Explanation("wrong-header", says, f"a header {name}", f"no {name}", place)
    if isinstance(error, JSONDecodeError):
        says = "The body is empty." if body is None else "The body is not JSON."
        return Explanation("wrong-body", says, "a JSON body", said, place)
    if isinstance(error, KeyError):
        key = value(error.args[0])
        says = f"{key} missing in the response."
        return Explanation(_body_kind(case), says, f"a key {key}", said, place)
    if isinstance(error, TypeError | AttributeError | IndexError | ValueError):
        says = f"The response is {json_type(body)} of another form than the contract asks for."
        return Explanation(_body_kind(case), says, "the form that the page shows", said, place)
    return course_error(case.failure)


def _body_kind(case: Case) -> str:
    return "wrong-openapi" if case.failure.target == "openapi" else "wrong-body"


def _function(case: Case) -> Place | None:
    return case.route.function if case.route else None


def _wanted(case: Case) -> str:
    if case.failure.target == "status":
        return case.expected
    comparison = case.failure.comparison
    if comparison is None or comparison.op not in ("==", "is"):
        return "200"
    found = difference(comparison.left, comparison.right, case.failure.path)
    return found.expected if found else "200"


def _status(case: Case) -> str:
    return str(case.exchange.status)


def _said(case: Case) -> str:
    """What the app said, in one short line."""
    body = case.exchange.response
    if case.failure.target == "status" or body is None:
        return _status(case) if body is not None else f"{_status(case)}, no body"
    return shorten(compact(body), 160)


def _named(error: BaseException) -> str:
    error = innermost(error)
    text = str(error)
    return sentence(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def _at(place: Place | None) -> str:
    return place.opening if place else "The function"


def _return_line(case: Case, holding: str) -> Place | None:
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
