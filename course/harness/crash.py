"""Code of the learner's that raised something: instead of an answer, or after it."""

from __future__ import annotations

import re
import textwrap

from fastapi.exceptions import ResponseValidationError
from pydantic import ValidationError

from course.harness.case import Case, Explanation, function_of, named, status_of
from course.harness.client import ResponseTooLarge
from course.harness.frames import Place, frames_of, innermost, own_place
from course.harness.returned import response_model
from course.harness.unloaded import looked_at, unloaded
from course.harness.words import a, sentence, text_of, value


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
    if not recorded or not recorded.error or recorded.late:
        return None
    return innermost(_before_it_was_handled(recorded.error))


def _before_it_was_handled(error: BaseException) -> BaseException:
    """What was raised to become a response, when no handler could make one any more."""
    if "response already started" in text_of(error):
        return error.__cause__ or error
    return error


def _is_beside(case: Case, error: BaseException) -> bool:
    """Whether the check speaks, in its own words, of something else than this answer."""
    own = case.failure.message and case.failure.target != "status"
    return bool(own) and not isinstance(error, ResponseValidationError)


def beside(case: Case) -> str:
    """What was raised beside the thing that the check has found."""
    if late := case.failure.late:
        late = _before_it_was_handled(late)
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
    if missing := looked_at(error):
        return f"{at} looks at {missing[1]} of {a(missing[0].__name__)}. {unloaded(*missing)}"
    if "not JSON compliant" in text and any(HANDLER in file for file, _ in frames_of(error)):
        return (
            "The request was refused, and FastAPI's 422 shows what was sent. That was NaN or "
            "Infinity, which JSON does not have, so the 422 became a 500."
        )
    for part, says in CRASHES.items():
        if part in f"{type(error).__name__}: {text}":
            return f"{at} {says}" if says[0].islower() else says
    return f"{at} raised {named(error)}"


HANDLER = "exception_handlers.py"
USED_TWICE = (
    "uses a session while another request or task is using it. A session can do one thing at a "
    "time: each of them needs its own."
)
CRASHES = {
    "Object of type ValueError is not JSON serializable": (
        "answers with error.errors(), which holds the exception itself. Give them to "
        "RequestValidationError, which FastAPI can turn into a 422."
    ),
    "'coroutine'": "takes a coroutine for its result: there is an await missing before the call.",
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
    "This transaction is closed": (
        "works in a transaction that another request or task has closed meanwhile. A session can "
        "do one thing at a time: each of them needs its own."
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


def refused_by_model(error: ValidationError) -> str:
    """What the learner's own code gave to one of their models."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return f"makes {a(error.title)} without {name}, which it requires."
    hint = FORGOTTEN if first["input"] is None else ""
    what = f"{value(first['input'], 60)} as {name}" if name else value(first["input"], 60)
    return f"gives {error.title} {what}, and it refuses that: {sentence(first['msg'])}{hint}"
