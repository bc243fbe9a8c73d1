"""Turns a failed check and its exchange into one sentence for the learner."""

from __future__ import annotations

from json import JSONDecodeError
from pathlib import Path
from typing import Any

from course.harness.case import Case, Explanation, function_of, named, said, status_of
from course.harness.crash import beside
from course.harness.difference import Difference, difference
from course.harness.failure import Failure
from course.harness.finding import Finding
from course.harness.frames import innermost, last_place
from course.harness.lifespan import ShutdownFailed, StartupFailed
from course.harness.load import LoadProblem
from course.harness.reasons import REASONS
from course.harness.seams import SeamMissing
from course.harness.words import json_type, operand, shorten, text_of, value


def explain(failure: Failure, app: Any, folder: Path) -> Explanation:
    """The one explanation of a failure that is most specific."""
    if isinstance(failure.error, LoadProblem):
        problem = failure.error
        return Explanation(
            problem.kind, problem.message, problem.expected, problem.actual, problem.place
        )
    if isinstance(failure.error, StartupFailed | ShutdownFailed):
        return lifespan_failed(failure.error, folder)
    if isinstance(failure.error, SeamMissing):
        missing = failure.error
        return Explanation(
            "seam-missing", missing.message, missing.expected, missing.actual, missing.place
        )
    if isinstance(failure.error, Finding):
        error = failure.error
        return Explanation(error.kind, error.message, error.expected, error.actual, error.place)
    if failure.recorded is None:
        return without_exchange(failure)
    case = Case(failure, app, folder)
    found = next((found for reason in REASONS if (found := reason(case))), None) or generic(case)
    found.message = f"{found.message} {beside(case)}".strip()
    return found


def lifespan_failed(error: StartupFailed | ShutdownFailed, folder: Path) -> Explanation:
    cause = error.__cause__ or error
    place = last_place(cause, folder)
    when = "starting" if isinstance(error, StartupFailed) else "stopping"
    at = place.opening if place else "The app"
    return Explanation(
        "startup-failed",
        f"{at} {_lifespan_says(cause)} The app was {when}, so no request could be answered.",
        "the app starts and stops",
        f"{type(innermost(cause)).__name__} while {when}",
        place,
    )


def _lifespan_says(cause: BaseException) -> str:
    text = text_of(cause)
    for part, says in LIFESPAN.items():
        if part in text:
            return says
    return f"raised {named(cause)}"


LIFESPAN = {
    "'generator' object is not an async iterator": (
        "runs a lifespan function that is not asynchronous: write async def."
    ),
    "is not an async iterator": (
        "runs a lifespan function without a yield: what comes before it is the start."
    ),
    "does not support the asynchronous context manager protocol": (
        "was given a lifespan that cannot be entered asynchronously. It must be the function "
        "itself, an async def under @asynccontextmanager."
    ),
    "takes 0 positional arguments but 1 was given": (
        "calls the lifespan function with the app, and it takes no parameter: lifespan(app: FastAPI)."
    ),
    "object has no attribute '_run_ddl_visitor'": (
        "gives the asynchronous engine to a function that is not. Inside async with "
        "engine.begin() as connection: await connection.run_sync(Base.metadata.create_all)."
    ),
    "dictionary update sequence element": (
        "yields something from its lifespan that is no dict. Yield nothing, or a dict of names."
    ),
}
"""What Python says of a wrong lifespan function, and what that means."""


def without_exchange(failure: Failure) -> Explanation:
    comparison = failure.comparison
    if failure.message and comparison and comparison.op not in ("==", "is"):
        found = _other_operator(comparison.op, comparison.left, comparison.right, "")
        return Explanation("wrong-body", failure.message, found.expected, found.actual)
    if failure.message:
        return Explanation(
            "wrong-body",
            failure.message,
            value(comparison.right) if comparison else None,
            value(comparison.left) if comparison else None,
        )
    return course_error(failure.error)


def course_error(error: BaseException) -> Explanation:
    return Explanation(
        "course-error",
        f"This check could not be run: {named(error)} That is a mistake in the course, "
        "not in your code. Please report it.",
    )


def generic(case: Case) -> Explanation:
    """Nothing special to say: both sides, and what the check itself says."""
    if case.failure.target == "status" and case.failure.comparison:
        return wrong_status(case)
    if not isinstance(case.failure.error, AssertionError):
        return broken_shape(case)
    if case.failure.comparison is None:
        kind = _body_kind(case)
        return Explanation(kind, case.failure.message, None, said(case), function_of(case))
    if case.failure.target == "header":
        return wrong_header(case)
    return wrong_body(case)


def wrong_status(case: Case) -> Explanation:
    says = case.failure.message or _status_says(case)
    place = case.raised or function_of(case)
    return Explanation("wrong-status", says, case.expected, status_of(case), place)


def _status_says(case: Case) -> str:
    status, expected = case.exchange.status or 0, case.failure.statuses
    if case.raised:
        return f"{case.raised.opening} raised the exception that became this {status}."
    at = f"{case.route.name} ({case.route.function})" if case.route and case.route.function else ""
    if not at or not expected:
        return ""
    if status == 200 and case.route and case.route.status_code is None and case.wants_success:
        return f"{at} answers 200, as every function does that does not say otherwise: status_code={case.expected} in its decorator."
    if status < 400 and case.wants_success and case.route and case.route.status_code == status:
        return f"{at} answers {status} because its decorator says status_code={status}."
    if status < 400 and not case.wants_success:
        value = "None" if case.exchange.response is None else "a value"
        return f"{at} ran to its end and returned {value}, so FastAPI answered {status}."
    if status >= 400 and case.wants_success and not case.app.user_middleware:
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
        f"{name}: {operand(comparison.op, comparison.right, comparison.left)}",
        f"{name}: {actual}",
        function_of(case),
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
    return Explanation(kind, says, found.expected, found.actual, function_of(case))


def _other_operator(op: str, left: Any, right: Any, path: str) -> Difference:
    """`in`, `not in` and the orderings, put as expected and actual."""
    at = f"{path}: " if path else ""
    if op in ("in", "not in") and at and not isinstance(right, str | dict):
        # The app said what stands left: one of a choice, or none of it.
        return Difference(path, f"{at}{operand(op, right, left)}", f"{at}{value(left)}")
    if op == "in":
        key = "a key " if isinstance(right, dict) else ""
        return Difference(path, f"{key}{value(left)} in it", value(right))
    if op == "not in":
        held = right[left] if isinstance(right, dict) else right
        actual = f"{left}: {value(held)}" if isinstance(right, dict) else _around(held, left)
        return Difference(path, f"no {value(left)} in it", actual)
    return Difference(path, f"{at}{operand(op, right, left)}", f"{at}{value(left)}")


def _around(text: Any, part: Any) -> str:
    """The neighbourhood of `part` in a long text."""
    if not isinstance(text, str) or not isinstance(part, str):
        return value(text)
    start = max(0, text.find(part) - 40)
    return f"…{shorten(text[start:], 80 + len(part))}"


def broken_shape(case: Case) -> Explanation:
    """The check could not even read what it looks for: a key or a type is not there."""
    error, body = case.failure.error, case.exchange.response
    place = function_of(case)
    answer = said(case)
    if case.failure.message:
        return Explanation(_body_kind(case), case.failure.message, None, answer, place)
    if case.failure.target == "header" and isinstance(error, KeyError):
        name = str(error.args[0])
        says = f"The response has no header {name}."
        return Explanation("wrong-header", says, f"a header {name}", f"no {name}", place)
    if isinstance(error, JSONDecodeError):
        says = "The body is empty." if body is None else "The body is not JSON."
        return Explanation("wrong-body", says, "a JSON body", answer, place)
    if isinstance(error, KeyError):
        key = value(error.args[0])
        says = f"{key} missing in the response."
        return Explanation(_body_kind(case), says, f"a key {key}", answer, place)
    if isinstance(error, TypeError | AttributeError | IndexError | ValueError):
        says = f"The response is {json_type(body)} of another form than the contract asks for."
        return Explanation(_body_kind(case), says, "the form that the page shows", answer, place)
    return course_error(case.failure.error)


def _body_kind(case: Case) -> str:
    return "wrong-openapi" if case.failure.target == "openapi" else "wrong-body"
