"""A Report as text. Decides nothing: every word of a verdict is in the Report."""

from __future__ import annotations

import textwrap
from pathlib import Path

from rich.console import Console
from rich.text import Text

from course.catalogue import Exercise
from course.commands import typed
from course.harness import rows
from course.harness.report import Advice, Check, Report
from course.harness.rows import Row
from course.harness.workspace import MAIN

LABEL = 12  # columns of "You sent", "Expected" and the others
NARROWEST, WIDEST = 40, 100
GLYPHS = {"pass": "✓", "fail": "✗", "error": "✗", "skipped": "○"}
PLAIN = {"pass": "ok", "fail": "FAIL", "error": "FAIL", "skipped": "-"}
STYLES = {"pass": "green", "fail": "bold red", "error": "bold red", "skipped": "dim"}


def show(report: Report, console: Console, exercise: Exercise, shown: Path) -> None:
    """Print a Report. `shown` is the learner's file or folder as they type it."""
    width = _width(console)
    console.print(headline(exercise, rows.headline(report), width))
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
    for note in rows.not_run(report):
        console.print()
        console.print(Text("  ") + _glyph("skipped", console) + Text(f" {note[0]}"))
        _print_wrapped(note[1], console, width)
    if waiting := rows.waits(report):
        console.print()
        console.print(Text("  ") + _glyph("skipped", console) + Text(f" {waiting}", "dim"))
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


def _print_wrapped(text: str, console: Console, width: int) -> None:
    for line in textwrap.wrap(text, width - 6, break_on_hyphens=False):
        console.print(Text(f"      {line}"), soft_wrap=True)


def _print_failure(
    check: Check, console: Console, exercise: Exercise, shown: Path, width: int, hints: list[Row]
) -> None:
    console.print(_line(check, console), soft_wrap=True)
    room = width - LABEL - 6
    told = [*_rows(check, exercise, shown, room), *(hints if check.hints else [])]
    for label, text in told:
        if label == "Try again":  # to be copied whole, so never broken
            console.print(Text(f"      {label:<{LABEL}}{text}"), soft_wrap=True)
            continue
        lines = textwrap.wrap(text, room, break_on_hyphens=False, break_long_words=False) or [""]
        for number, line in enumerate(lines):
            head = label if number == 0 else ""
            style = "bold" if label == "Why" else ""
            row = Text.assemble((f"      {head:<{LABEL}}", "dim"), (line, style))
            console.print(row, soft_wrap=True)


def _rows(check: Check, exercise: Exercise, shown: Path, room: int) -> list[Row]:
    def read(check: Check) -> str:
        if not exercise.page.is_file() or not (check.docs or check.id == "load"):
            return ""
        anchor = (check.docs or "").partition("#")[2]
        return f"docs/lessons/{exercise.page.name}{'#' + anchor if anchor else ''}"

    return rows.failure(check, lambda check: str(_file(shown, check)), read, room)


def _file(shown: Path, check: Check | Advice) -> Path:
    """`shown` stands for main.py when it is a file itself."""
    name = check.file or MAIN
    if shown.suffix == ".py":
        return shown if name == MAIN else shown.parent / name
    return shown / name


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
    remarks, more = rows.remarks(report, lambda advice: str(_file(shown, advice)))
    for remark in remarks:
        place = f"  {remark.place}" if remark.place else ""
        console.print()
        console.print(Text.assemble((f"  {remark.label}", "bold"), place), soft_wrap=True)
        for line in textwrap.wrap(remark.text, width - 6, break_on_hyphens=False):
            console.print(Text(f"      {_printable(line)}"), soft_wrap=True)
        for label, text in remark.references:
            text = _as_file(text) if label == "Read" else text
            row = Text.assemble((f"      {label:<{LABEL}}", "dim"), text)
            console.print(row, soft_wrap=True)
    if more:
        console.print(f"\n  {more}")


def _as_file(docs: str) -> str:
    """A page of the site as the file that it is here."""
    if "://" in docs:
        return docs
    page, _, anchor = docs.partition("#")
    return f"docs/{page.strip('/')}.md{'#' + anchor if anchor else ''}"
