"""The message lint: what a learner reads of a failed check is short, whole and about their app."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from course import terminal
from course.catalogue import Exercise
from course.harness.report import Report

COLUMNS = 80
MOST_LINES = 12  # of one failure, without the line that names the command for a hint
OURS = ("assert ", "site-packages", "starlette/", "_pytest", "course/", "test_0", "/tmp")
"""Words that say something of the machinery, and nothing to a learner."""


def as_text(report: Report, exercise: Exercise) -> str:
    """What the terminal shows, without colours."""
    out = io.StringIO()
    console = Console(file=out, width=COLUMNS, color_system=None, highlight=False)
    terminal.show(report, console, exercise, Path("lessons") / exercise.slug)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def faults(report: Report, exercise: Exercise) -> Iterator[str]:
    """What is wrong with the message of the first failure, if there is one."""
    failure = report.first_failure
    if failure is None:
        return
    text = as_text(replace(report, output=""), exercise)  # what the app has printed is its own
    lines = [line for line in _block(text) if not line.startswith("      Hint ")]
    if len(lines) > MOST_LINES:
        yield f"its message has {len(lines)} lines of {COLUMNS} columns, and may have {MOST_LINES}"
    if not failure.message:
        yield "its message does not say why"
    if failure.expected == failure.actual:
        yield f"what is expected and what came look the same: {failure.actual}"
    yield from (f"its message speaks of {word!r}" for word in OURS if word in text)
    yield from (
        f"its message has no line {row!r}" for row in ("Expected", "Your app") if row not in text
    )


def _block(text: str) -> list[str]:
    """The lines of the failure that is shown in full."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if "✗" in line)
    return lines[start : lines.index("", start) if "" in lines[start:] else None]
