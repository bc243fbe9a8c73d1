"""The mistakes that can be named for certain.

Each function of REASONS knows one. It returns an Explanation when it is sure, None when it is
not: a wrong "why" is worse than none.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import traceback
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
from course.harness.frames import Place, innermost, own_place
from course.harness.near import near_miss
from course.harness.routes import Route, has_mounts, on_path, router_left_out, shadowed
from course.harness.validation import PLACES, explain_refusal, refusal
from course.harness.words import a, all_of, kind_of, sentence, text_of, value

ERROR_KEYS = ("error", "errors", "detail", "message", "msg")


def redirects_for_ever(case: Case) -> Explanation | None:
    if isinstance(case.failure.error, httpx.TooManyRedirects):
        says = f"{case.exchange.method} {case.path} redirects again and again, and never answers."
        return Explanation("wrong-status", says, case.expected, "redirects without end")
    return None


def server_error(case: Case) -> Explanation | None:
    error = _crashed_with(case)
    if error is None or _is_beside(case, error):
        return None
    if isinstance(error, ResponseValidationError):
        return response_model(case, error)
    place = own_place(error, case.folder) or function_of(case)
    expected = case.expected if case.failure.target == "status" else "a response"
    says = _crash(error, place)
    if isinstance(error, ValidationError) and 422 in case.failure.statuses:
        says = f"{says.removesuffix(FORGOTTEN)} {OWN_422}"
    elif case.failure.message:
        says = with_the_check(says, case.failure.message)
    elif case.exchange.status == 500:
        says += " Nothing caught that, so the server answered 500."
    return Explanation("server-error", says, expected, status_of(case), place)


def _crashed_with(case: Case) -> BaseException | None:
    """What was raised instead of an answer."""
    recorded = case.failure.recorded
    return innermost(recorded.error) if recorded and recorded.error and not recorded.late else None


def _is_beside(case: Case, error: BaseException) -> bool:
    """Whether the check speaks, in its own words, of something else than this answer."""
    own = case.failure.message and case.failure.target != "status"
    return bool(own) and not isinstance(error, ResponseValidationError)


def beside(case: Case) -> str:
    """What was raised beside the thing that the check has found."""
    if late := case.failure.late:
        if "response already started" in text_of(late):  # raised to become one
            late = late.__cause__ or late
        says = _crash(innermost(late), own_place(late, case.folder))
        return f"After the response had left, {says[0].lower()}{says[1:]}"
    error = _crashed_with(case)
    if error and _is_beside(case, error):
        return _crash(error, own_place(error, case.folder))
    return ""


def with_the_check(says: str, message: str) -> str:
    """What was raised, and as many sentences of the check as a terminal has room for."""
    sentences = re.split(r"(?<=[.?!]) (?=[A-Z])", message)
    while sentences:
        text = " ".join([says, *sentences])
        if len(textwrap.wrap(text, COLUMNS)) <= LINES:
            return text
        sentences.pop()
    return says


COLUMNS, LINES = 62, 4
"""What a Why may fill of a terminal of 80 columns, beside the other eight lines of a failure."""

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
    if looked_at := _looked_at(error):
        return f"{at} looks at {looked_at[1]} of {a(looked_at[0].__name__)}. {unloaded(*looked_at)}"
    for part, says in CRASHES.items():
        if part in f"{type(error).__name__}: {text}":
            return f"{at} {says}" if says[0].islower() else says
    return f"{at} raised {named(error)}"


USED_TWICE = (
    "uses a session while another request or task is using it. A session can do one thing at a "
    "time: each of them needs its own."
)
CRASHES = {
    "Object of type ValueError is not JSON serializable": (
        "answers with error.errors(), which holds the exception itself. Give them to "
        "RequestValidationError, which FastAPI can turn into a 422."
    ),
    "'coroutine'": ("takes a coroutine for its result: there is an await missing before the call."),
    "Response not awaited": (
        "A dependency with yield caught an exception and did not raise it again, so there is "
        "neither an answer nor an error. Clean up in finally, which needs no except."
    ),
    "generator didn't yield": (
        "A dependency with yield was used again after its end. Is it cached? Only what "
        "returns can be; a function with yield begins anew for each request."
    ),
    "not JSON compliant": "returns NaN or Infinity, and JSON has no such numbers.",
    "no running event loop": (
        "looks for the event loop, and there is none: a def runs in a thread. Write async def, or "
        "use BackgroundTasks, which need no loop."
    ),
    "the first argument must be callable": (
        "A task was no function but the result of a call: give add_task() the function, without "
        "parentheses."
    ),
    "PendingRollbackError": (
        "uses a session in which something failed before (PendingRollbackError). It refuses "
        "everything until it is rolled back."
    ),
    "IllegalStateChangeError": USED_TWICE,
    "another operation is in progress": USED_TWICE,
    "concurrent operations are not permitted": USED_TWICE,
    "greenlet_spawn has not been called": (
        "uses the database as synchronous code does, and its driver is asynchronous: use "
        "create_async_engine and AsyncSession, and await each call."
    ),
}
"""What libraries say of a mistake, and what it means."""


def _looked_at(error: BaseException) -> tuple[type, str] | None:
    """The class and the attribute that SQLAlchemy could not load when somebody looked at it."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    for frame in frames if "sqlalchemy" in type(error).__module__ else ():
        attribute = frame.f_locals.get("self") if frame.f_code.co_name == "__get__" else None
        kind, name = getattr(attribute, "class_", None), getattr(attribute, "key", None)
        if isinstance(kind, type) and isinstance(name, str) and _is_mapped(kind, name):
            return kind, name
    return None


def _is_mapped(kind: type, name: str) -> bool:
    """Whether SQLAlchemy fills in this attribute of the class."""
    return name in getattr(getattr(kind, "__mapper__", None), "attrs", ())


def unloaded(kind: type, name: str) -> str:
    """Why an attribute of a class of SQLAlchemy's was not there, and what to do."""
    if name in kind.__mapper__.relationships:  # type: ignore[attr-defined]
        return (
            "Nothing has loaded that, and in async code a look cannot. Load it in the query: "
            f'selectinload({kind.__name__}.{name}); or: await session.refresh(…, ["{name}"]).'
        )
    return (
        "A commit makes the session forget it, and in async code a look cannot load it again. Make "
        "the sessions with expire_on_commit=False, or await session.refresh(…)."
    )


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
    if returned := returned_by(error.body):
        return returned(case) or Explanation("response-model", "", case.expected, "500", place)
    name = case.route.name if case.route else "The function"
    says = f"{name} returned {_refused_response(error)}"
    return Explanation("response-model", says, case.expected, status_of(case), place)


def _refused_response(error: ResponseValidationError) -> str:
    first = error.errors()[0]
    given, loc = first["input"], first["loc"][1:]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    where = where.removeprefix(".")
    if inspect.iscoroutine(given):
        call = given.__qualname__.rpartition(".")[2]
        return f"a coroutine: an await is missing before the call of {call}()."
    if first["type"] == "get_attribute_error" and _is_mapped(kind := type(given), loc[-1]):
        return f"{a(kind.__name__)}, and FastAPI looks at its {loc[-1]}. {unloaded(kind, loc[-1])}"
    if given is None and where in _keys(error.body):
        return (
            f"{a(type(error.body).__name__)} whose {where} is still null: it was never written to "
            "the database, which gives it that. session.add() only notes it; the write is await "
            "session.commit(), or flush(). Without await they do nothing."
        )
    breaks = "A response that breaks its own model is a 500."
    if first["type"] == "missing" and where:
        return f"a value without {where}, which its response model requires. {breaks}"
    if error.body is None:
        return f"None, and its response model does not allow that. {breaks}"
    what = f"{kind_of(given) or value(given, 60)} as {where or 'the response'}"
    return f"{what}, which its response model refuses: {sentence(first['msg'])} {breaks}"


def _keys(row: Any) -> set[str]:
    """The names of the primary key of an object of SQLAlchemy's."""
    mapper = getattr(type(row), "__mapper__", None)
    return {column.key for column in mapper.primary_key} if mapper is not None else set()


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
