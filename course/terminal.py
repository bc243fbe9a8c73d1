"""A Report as text. Decides nothing: every word of a verdict is in the Report."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from course.catalogue import Exercise
from course.commands import typed
from course.harness.report import Advice, Check, Exchange, Report, compact
from course.harness.words import shorten
from course.harness.workspace import MAIN

Row = tuple[str, str]
"""A label and its text."""

LABEL = 12  # columns of "You sent", "Expected" and the others
NARROWEST, WIDEST = 40, 100
GLYPHS = {"pass": "✓", "fail": "✗", "error": "✗", "skipped": "○"}
PLAIN = {"pass": "ok", "fail": "FAIL", "error": "FAIL", "skipped": "-"}
STYLES = {"pass": "green", "fail": "bold red", "error": "bold red", "skipped": "dim"}
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


def show(report: Report, console: Console, exercise: Exercise, shown: Path) -> None:
    """Print a Report. `shown` is the learner's file or folder as they type it."""
    width = _width(console)
    console.print(headline(exercise, f"{len(report.passed)} of {len(report.checks)} pass", width))
    console.print()
    show_body(report, console, exercise, shown, [("Hint", typed("hint", exercise))])


def show_body(
    report: Report, console: Console, exercise: Exercise, shown: Path, hints: list[Row]
) -> None:
    """What stands below the headline. `hints` are the rows on the hints of the check that fails."""
    width = _width(console)
    failures = [*([report.problem] if report.problem else []), *report.failures]
    for check in failures[:1]:
        _print_failure(check, console, exercise, shown, width, hints)
    if failures[1:]:
        console.print()
    for check in failures[1:] if failures else report.checks:
        console.print(_line(check, console), soft_wrap=True)
    for note in _not_run(report):
        console.print()
        console.print(Text("  ") + _glyph("skipped", console) + Text(f" {note[0]}"))
        _print_wrapped(note[1], console, width)
    skipped = [check for check in report.checks if check.status == "skipped"]
    if waiting := [check for check in skipped if check not in report.not_run]:
        console.print()
        waits = Text(f" {_waits(waiting, report)}", "dim")
        console.print(Text("  ") + _glyph("skipped", console) + waits)
    _print_output(report, console)
    if report.status == "pass":
        _print_advice(report, console, shown, width)


def headline(exercise: Exercise, right: str, width: int) -> Text:
    """The exercise, and what is to be said of it at the right edge."""
    name = f"{exercise.name} · {exercise.title}"
    gap = max(2, width - len(name) - len(right))
    return Text.assemble((name, "bold"), " " * gap, right)


def problems(report: Report, shown: Path) -> list[str]:
    """Each failure as `file:line: error: text`, which editors understand."""
    failures = [*([report.problem] if report.problem else []), *report.failures]
    return [
        f"{_file(shown, check)}:{check.line or 1}: error: {check.title}: "
        + " ".join((check.message or f"expected {check.expected}, got {check.actual}").split())
        for check in failures
    ]


def _width(console: Console) -> int:
    return max(NARROWEST, min(WIDEST, console.width))


def _line(check: Check, console: Console) -> Text:
    return Text("  ") + _glyph(check.status, console) + Text(f" {check.title}")


def _glyph(status: str, console: Console) -> Text:
    return Text(encodable(console, GLYPHS[status], PLAIN[status]), STYLES[status])


def encodable(console: Console, text: str, otherwise: str) -> str:
    """`text` where the terminal can show it, else what stands for it."""
    try:
        text.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return otherwise
    return text


def _not_run(report: Report) -> list[Row]:
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


def count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _print_wrapped(text: str, console: Console, width: int) -> None:
    for line in textwrap.wrap(text, width - 6, break_on_hyphens=False):
        console.print(Text(f"      {line}"), soft_wrap=True)


def _waits(waiting: list[Check], report: Report) -> str:
    many = len(waiting) > 1
    one = f"{len(waiting)} more checks wait" if many else "1 more check waits"
    return f"{one} for {'this one' if len(report.failures) <= 1 else 'these'}."


def _print_failure(
    check: Check, console: Console, exercise: Exercise, shown: Path, width: int, hints: list[Row]
) -> None:
    console.print(_line(check, console), soft_wrap=True)
    room = width - LABEL - 6
    rows = [*_rows(check, exercise, shown, room), *(hints if check.hints else [])]
    for label, text in rows:
        if label == "Try again":  # to be copied whole, so never broken
            console.print(Text(f"      {label:<{LABEL}}{text}"), soft_wrap=True)
            continue
        lines = textwrap.wrap(text, room, break_on_hyphens=False, break_long_words=False) or [""]
        for number, line in enumerate(lines):
            head = label if number == 0 else ""
            style = "bold" if label == "Why" else ""
            row = Text.assemble((f"      {head:<{LABEL}}", "dim"), (line, style))
            console.print(row, soft_wrap=True)


def _rows(check: Check, exercise: Exercise, shown: Path, room: int) -> Iterator[Row]:
    """Label and text of each line, or of two where the text must be whole; `room` is its width."""
    *before, last = [None, *check.exchanges]
    if exchange := before[-1] if before else None:
        status = f"  → {exchange.status}"
        yield "Before", shorten(_request(exchange, room), room - len(status)) + status
    if last:
        yield "You sent", _request(last, room)
    if check.expected is not None:
        yield "Expected", check.expected
    if check.actual is not None:
        yield "Your app", _answer(check, last, room)
    if check.message:
        yield "Why", check.message
    if check.line:
        place = f"{_file(shown, check)}:{check.line}"
        yield "Your code", f"{place}  {shorten(check.source or '', max(12, room - len(place) - 2))}"
    if last and check.kind != "wrong-openapi":
        yield "Try again", last.curl
    page = exercise.page
    if page.is_file() and (check.docs or check.id == "load"):
        anchor = (check.docs or "").partition("#")[2]
        yield "Read", f"docs/lessons/{page.name}{'#' + anchor if anchor else ''}"


def _file(shown: Path, check: Check | Advice) -> Path:
    """`shown` stands for main.py when it is a file itself."""
    name = check.file or MAIN
    if shown.suffix == ".py":
        return shown if name == MAIN else shown.parent / name
    return shown / name


def _request(exchange: Exchange, room: int) -> str:
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


def _print_output(report: Report, console: Console) -> None:
    if not report.output.strip():
        return
    console.print()
    console.print(Text("  Your code printed:", "dim"))
    lines = report.output.rstrip().splitlines()
    for line in lines[:20]:
        console.print(Text(f"    {_printable(line)}"), soft_wrap=True)
    if len(lines) > 20:
        console.print(Text(f"    … and {len(lines) - 20} more lines", "dim"))


def _printable(line: str) -> str:
    """Without control characters: printed text must not steer the terminal."""
    return "".join(char for char in line if char.isprintable() or char == "\t")


def _print_advice(report: Report, console: Console, shown: Path, width: int) -> None:
    """The praise, then the most important remarks. What is found in many places is said once."""
    groups: dict[str, list[Advice]] = {}
    for advice in report.advice:
        groups.setdefault(advice.kind or advice.text, []).append(advice)
    praises = [group for group in groups.values() if group[0].level == "praise"]
    remarks = [group for group in groups.values() if group[0].level != "praise"]
    for first, *others in [*praises, *remarks[:MOST_REMARKS]]:
        place = f"  {_file(shown, first)}:{first.line}" if first.line else ""
        console.print()
        console.print(
            Text.assemble((f"  {LEVEL_WORDS[first.level]}", "bold"), place), soft_wrap=True
        )
        for line in textwrap.wrap(first.text, width - 6, break_on_hyphens=False):
            console.print(Text(f"      {_printable(line)}"), soft_wrap=True)
        for label, text in _references(first, others):
            row = Text.assemble((f"      {label:<{LABEL}}", "dim"), text)
            console.print(row, soft_wrap=True)
    if more := len(remarks[MOST_REMARKS:]):
        come = "remarks come" if more > 1 else "remark comes"
        console.print(f"\n  {more} more {come} after these.")


def _references(first: Advice, others: list[Advice]) -> Iterator[tuple[str, str]]:
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
        page, _, anchor = first.docs.partition("#")
        here = f"docs/{page.strip('/')}.md{'#' + anchor if anchor else ''}"
        yield "Read", first.docs if "://" in page else here
