"""What a path operation returned, where that is the mistake."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from fastapi import HTTPException
from fastapi.exceptions import ResponseValidationError

from course.harness.case import Case, Explanation, function_of, opening, return_line, status_of
from course.harness.unloaded import is_mapped, keys, unloaded
from course.harness.words import a, kind_of, sentence, value

ERROR_KEYS = ("error", "errors", "detail", "message", "msg")


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
    if first["type"] == "get_attribute_error" and is_mapped(kind := type(given), loc[-1]):
        return f"{a(kind.__name__)}, and FastAPI looks at its {loc[-1]}. {unloaded(kind, loc[-1])}"
    if given is None and where in keys(error.body):
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
    told = [key for key in ERROR_KEYS if isinstance(body, dict) and len(body) <= 2 and key in body]
    if not told or not statuses or case.wants_success or (case.exchange.status or 500) >= 400:
        return None
    place = return_line(case, repr(told[0])) or function_of(case)
    return Explanation(
        "error-with-200",
        f"{opening(place)} tells the error in the body, but the status {case.exchange.status} says "
        f"that all is well, and clients look at the status. Raise HTTPException({case.expected}).",
        case.expected,
        status_of(case),
        place,
    )
