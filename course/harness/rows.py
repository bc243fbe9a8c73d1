"""A Report as rows of a label and a text: what the terminal and the browser both show.

`File` says how a file of the learner's is called where the Report is read. `room` is the number of
columns for a text; without it nothing is shortened that a browser can fold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from course.harness.report import Advice, Check, Exchange, Report, compact
from course.harness.words import shorten

Row = tuple[str, str]
"""A label and its text."""

File = Callable[[Check | Advice], str]

ROOM = 2_000  # where the reader's screen folds lines
STATUS_KINDS = {
    "route-missing",
    "wrong-method",
    "validation",
    "server-error",
    "response-model",
    "returned-exception",
    "returned-tuple",
    "error-with-200",
    "wrong-status",
}
LEVEL_WORDS = {
    "praise": "Well done",
    "essential": "Important",
    "actionable": "Better",
    "informative": "Note",
}
LONGEST_VALUE = 60  # of a header
MOST_REMARKS = 3  # more than that nobody reads after a pass
MOST_LINES = 5  # of the further places of one remark


@dataclass
class Remark:
    """One piece of advice, said once however often it applies. `label` is Well done, Better, …"""

    label: str
    place: str
    text: str
    references: list[Row]


def headline(report: Report) -> str:
    return f"{len(report.passed)} of {len(report.checks)} pass"


def failure(check: Check, file: File, read: Callable[[Check], str], room: int = ROOM) -> list[Row]:
    """What there is to say of one failed check. `read` gives where to read on, or ""."""
    return list(_failure(check, file, read, room))


def _failure(check: Check, file: File, read: Callable[[Check], str], room: int) -> Iterator[Row]:
    *before, last = [None, *check.exchanges]
    if exchange := before[-1] if before else None:
        status = f"  → {exchange.status}"
        yield "Before", shorten(request(exchange, room), room - len(status)) + status
    if last:
        yield "You sent", request(last, room)
    if check.expected is not None:
        yield "Expected", check.expected
    if check.actual is not None:
        yield "Your app", _answer(check, last, room)
    if check.message:
        yield "Why", check.message
    if check.line:
        place = f"{file(check)}:{check.line}"
        yield "Your code", f"{place}  {shorten(check.source or '', max(12, room - len(place) - 2))}"
    if last and check.kind != "wrong-openapi":
        yield "Try again", last.curl
    if where := read(check):
        yield "Read", where


def not_run(report: Report) -> list[Row]:
    """What was not checked on this machine, and why. A pass is impossible without it."""
    whys = dict.fromkeys(check.message for check in report.not_run)
    return [
        (
            f"Static checks only: {count(sum(c.message == why for c in report.not_run), 'check')} "
            "not run, so this is no pass yet.",
            why,
        )
        for why in whys
    ]


def waits(report: Report) -> str:
    """How many checks wait for others; "" when none does."""
    waiting = [c for c in report.checks if c.status == "skipped" and c not in report.not_run]
    if not waiting:
        return ""
    many = len(waiting) > 1
    one = f"{len(waiting)} more checks wait" if many else "1 more check waits"
    return f"{one} for {'this one' if len(report.failures) <= 1 else 'these'}."


def count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def request(exchange: Exchange, room: int = ROOM) -> str:
    """A request in one line, with its long parts shortened."""
    headers = [_header(n, text) for n, text in exchange.headers.items() if n != "content-type"]
    line = f"{exchange.method} {exchange.url}"
    if headers:
        line += f"  ({', '.join(headers)})"
    if exchange.request is not None:
        line += f"  {shorten(compact(exchange.request), max(20, room - len(line) - 2))}"
    return line


def _header(name: str, text: str) -> str:
    """Of a token, which nobody reads, the beginning and the end; its scheme says what it is for."""
    if len(text) <= LONGEST_VALUE:
        return f"{name}: {text}"
    ends = f"{text[:15]}…{text[-4:]}"
    return ends if text.startswith("Bearer ") else f"{name}: {ends}"


def _answer(check: Check, exchange: Exchange | None, room: int) -> str:
    actual = check.actual or ""
    if exchange is None or exchange.status is None:
        return actual
    if check.kind in STATUS_KINDS or actual == str(exchange.status):
        body = "" if exchange.response is None else compact(exchange.response)
        return f"{actual}  {shorten(body, max(20, room - len(actual) - 2))}".rstrip()
    return f"{exchange.status}  {actual}"


def remarks(report: Report, file: File) -> tuple[list[Remark], str]:
    """The praise, then the most important remarks, and a sentence on those that are left out."""
    groups: dict[str, list[Advice]] = {}
    for advice in report.advice:
        groups.setdefault(advice.kind or advice.text, []).append(advice)
    praises = [group for group in groups.values() if group[0].level == "praise"]
    others = [group for group in groups.values() if group[0].level != "praise"]
    told = [_remark(group, file) for group in [*praises, *others[:MOST_REMARKS]]]
    more = len(others[MOST_REMARKS:])
    come = "remarks come" if more > 1 else "remark comes"
    return told, f"{more} more {come} after these." if more else ""


def _remark(group: list[Advice], file: File) -> Remark:
    first, *others = group
    place = f"{file(first)}:{first.line}" if first.line else ""
    return Remark(LEVEL_WORDS[first.level], place, first.text, list(_references(first, others)))


def _references(first: Advice, others: list[Advice]) -> Iterator[Row]:
    """Where else the same is to be said, and where to read about it."""
    places = dict.fromkeys((advice.file, advice.line) for advice in others)
    places.pop((first.file, first.line), None)
    if places:
        one_file = all(file == first.file for file, _ in places)
        lines = [str(line) if one_file else f"{file}:{line}" for file, line in places]
        lines[MOST_LINES:] = ["…"] if lines[MOST_LINES:] else []
        many = "s" if len(places) > 1 else ""
        word = f"line{many} " if one_file else ""
        yield "Also", f"{len(places)} more place{many}: {word}{', '.join(lines)}"
    if first.docs:
        yield "Read", first.docs
