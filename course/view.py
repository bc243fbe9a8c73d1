"""What `watch` shows: a state as rows of text. Draws nothing and decides nothing."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

from course import terminal
from course.catalogue import Exercise, Kind
from course.harness.report import Report
from course.progress import Progress, State

Mode = Literal["report", "page", "list"]

GLYPHS: dict[State, str] = {"passed": "✓", "fails again": "✗", "begun": "▸", "open": "○"}
PLAIN: dict[State, str] = {"passed": "+", "fails again": "!", "begun": ">", "open": "-"}
STYLES: dict[State, str] = {"passed": "green", "fails again": "red", "begun": "yellow", "open": ""}
HEADINGS: dict[Kind, str] = {
    "lesson": "Lessons",
    "challenge": "Challenges",
    "bonus": "Bonus",
    "drill": "Drills: two minutes each, in any order",
}
END = 1_000_000  # as the first row: as far down as possible
CALM = 0.5  # seconds that a run may take before anything but the headline changes
LEAST = 3  # rows of the body: on a smaller terminal, the rest is cut


@dataclass
class Screen:
    """All that is to be seen. `hints` are those shown so far of the check that fails."""

    exercise: Exercise
    every: list[Exercise]
    progress: Progress
    shown: Path
    mode: Mode = "report"
    report: Report | None = None
    checked_at: str = ""
    running_for: float | None = None
    answered: int = 0
    current: str = ""
    hints: list[str] = field(default_factory=list)
    hints_known: int = 0
    how: str = "Save the file, and it is checked again."
    """How the next save is seen."""
    note: str = ""
    question: str = ""
    page: list[Text] = field(default_factory=list)
    page_title: str = ""
    search: str = ""
    chosen: int = 0
    top: int = 0
    """The first row of the body that is seen."""
    reveal: bool = False
    """Move the body as far as needed to see the last hint."""


def rows(screen: Screen, width: int, height: int, encoding: str = "utf-8") -> list[Text]:
    """Exactly `height` rows, none wider than `width`. Moves `screen.top` to where it can be."""
    console = Console(
        file=_Encoded(encoding),
        width=width,
        force_terminal=True,
        highlight=False,
        color_system="standard",
    )
    head = [_head(screen, min(width, terminal.WIDEST)), Text()]
    foot = [*_foot(screen, width, console)]
    body = [row for line in _body(screen, console) for row in _fold(line, width, console)]
    room = max(LEAST, height - len(head) - len(foot) - 1)
    if screen.mode == "list":
        chosen = next((n for n, row in enumerate(body) if row.plain.startswith(">")), 0)
        screen.top = min(max(screen.top, chosen - room + 1), max(0, chosen - 1))
    if screen.reveal:
        screen.top, screen.reveal = max(screen.top, _end_of_hints(body) - room), False
    screen.top = max(0, min(screen.top, len(body) - room))
    seen = body[screen.top : screen.top + room]
    below = len(body) - screen.top - len(seen)
    more = [f"↑ {screen.top} above"] if screen.top else []
    more += [f"↓ {below} more" + ("" if below == 1 else " lines")] if below else []
    seen += [Text()] * (room - len(seen))
    all_rows = [*head, *seen, Text("  ".join(more).rjust(width - 1), "dim"), *foot]
    return [_cut(row, width) for row in all_rows[:height]]


def _end_of_hints(body: list[Text]) -> int:
    """The number of rows down to the end of the failure, which the hints are."""
    blank = (number for number, row in enumerate(body) if not row.plain.strip())
    return next(blank, len(body))


def matching(every: list[Exercise], search: str) -> list[Exercise]:
    """The exercises whose number, title or slug contains every word of `search`."""
    words = search.lower().split()
    return [e for e in every if all(w in f"{e.key} {e.title} {e.slug}".lower() for w in words)]


def listed(
    every: list[Exercise], progress: Progress, console: Console, marked: Exercise | None
) -> Iterator[tuple[Text, Exercise | None]]:
    """The lines of a list under the headings of their kinds, each with its exercise, if it has one."""
    for kind, some in groupby(every, attrgetter("kind")):
        if kind != every[0].kind:
            yield Text(), None
        yield Text(f"  {HEADINGS[kind]}", "dim"), None
        for exercise in some:
            mark = ">" if exercise == marked else " "
            yield state_line(exercise, progress, console, mark), exercise


def _head(screen: Screen, width: int) -> Text:
    if screen.mode == "list":
        return Text("All lessons", "bold")
    if screen.mode == "page":
        return Text(screen.page_title, "bold")
    return terminal.headline(screen.exercise, _count(screen), width)


def _count(screen: Screen) -> str:
    report = screen.report
    if screen.running_for is not None:
        return "checking …"
    return f"{len(report.passed)} of {len(report.checks)} pass" if report else ""


def _body(screen: Screen, console: Console) -> list[Text]:
    if screen.mode == "list":
        return _list(screen, console)
    if screen.mode == "page":
        return screen.page
    if screen.running_for is not None and screen.running_for >= CALM:
        return _running(screen)
    return _verdict(screen, console) if screen.report else []


def _running(screen: Screen) -> list[Text]:
    """In the place of a verdict that is no longer true."""
    what = f"Now: {screen.current}" if screen.current else "Importing and starting the app"
    return [
        Text(f"  Checking for {screen.running_for:.0f} s; {screen.answered} checks are done."),
        Text(f"  {what}"),
    ]


def _verdict(screen: Screen, console: Console) -> list[Text]:
    report = screen.report
    assert report
    failure = report.first_failure
    hints = [
        (f"Hint {number} of {screen.hints_known}", text)
        for number, text in enumerate(screen.hints, 1)
    ]
    if len(screen.hints) < screen.hints_known:
        hints.append(("Hint", "press h"))
    lines = captured(
        console, lambda: terminal.show_body(report, console, screen.exercise, screen.shown, hints)
    )
    if report.status == "pass":
        lines += [Text(), Text("  All checks pass. Press n for the next lesson.", "bold")]
    if failure and report.passed:
        passed = [Text(f"  {_glyph('passed', console)} {c.title}") for c in report.passed]
        lines += [Text(), Text(f"  {len(passed)} pass:", "dim"), *passed]
    return lines


def captured(console: Console, show: Callable[[], None]) -> list[Text]:
    """What `show` prints on `console`, as lines."""
    with console.capture() as capture:
        show()
    return [Text.from_ansi(line) for line in capture.get().rstrip("\n").split("\n")]


def state_line(exercise: Exercise, progress: Progress, console: Console, mark: str = " ") -> Text:
    """One exercise of a list: `✓  1  App setup and routing   passed`.

    One without a number has its slug beside it, for that is what a command takes.
    """
    record = progress.of(exercise.slug)
    count = f", {record.passed} of {record.checks} pass" if record.checks else ""
    said = {
        "passed": f"passed {record.passed_at[:10]}",
        "fails again": f"fails again{count}",
        "begun": f"begun{count}",
        "open": "",
    }[record.state]
    number = exercise.number or ""
    title = exercise.title if number else f"{exercise.title:<22} {exercise.key}"
    line = Text(f"{mark} {_glyph(record.state, console)} {number:>2}  {title:<44} {said}")
    line.stylize(STYLES[record.state], 2, 3)
    return line


def _glyph(state: State, console: Console) -> str:
    return terminal.encodable(console, GLYPHS[state], PLAIN[state])


def _list(screen: Screen, console: Console) -> list[Text]:
    found = matching(screen.every, screen.search)
    chosen = found[screen.chosen] if found else None
    lines = []
    for line, exercise in listed(found, screen.progress, console, chosen):
        if exercise and exercise == chosen:
            line.stylize("reverse")
        lines.append(line)
    return lines or [Text(f"  Nothing fits {screen.search!r}.")]


def _foot(screen: Screen, width: int, console: Console) -> list[Text]:
    rule = Text(terminal.encodable(console, "─", "-") * width, "dim")
    return [
        rule,
        Text(screen.question or screen.note or _status(screen), "bold" if screen.question else ""),
        _keys(screen),
    ]


def _status(screen: Screen) -> str:
    if screen.running_for is not None:
        return f"Checking {screen.shown.as_posix()} …"
    if screen.report:
        return f"{screen.report.seconds:.2f} s, checked at {screen.checked_at}. {screen.how}"
    return ""


def _keys(screen: Screen) -> Text:
    """The keys that do something now."""
    if screen.question:
        return _listed({"y": "yes", "n": "no"})
    if screen.mode == "list":
        words = f"search: {screen.search}▏" if screen.search else "type to search"
        return _listed({"enter": "go there", "esc": "back"}) + Text(f"   {words}")
    if screen.mode == "page":
        return _listed({"esc": "back", "↑↓": "scroll", "q": "quit"})
    keys: dict[str, str] = {}
    if screen.report and screen.report.status == "pass":
        keys |= {"n": "next", "h": "hints"}
    elif len(screen.hints) < screen.hints_known:
        keys["h"] = f"hint {len(screen.hints) + 1} of {screen.hints_known}"
    keys |= {"l": "list", "s": "solution", "r": "run", "x": "reset", "o": "open", "q": "quit"}
    return _listed(keys)


def _listed(keys: dict[str, str]) -> Text:
    line = Text()
    for key, what in keys.items():
        line.append(("   " if line else "") + key, "bold")
        line.append(f" {what}")
    return line


def _fold(line: Text, width: int, console: Console) -> list[Text]:
    if line.cell_len <= width:
        return [line]
    return list(line.wrap(console, width, tab_size=4))


def _cut(row: Text, width: int) -> Text:
    row = row.copy()
    row.truncate(width, overflow="ellipsis")
    return row


class _Encoded(io.StringIO):
    """A file whose encoding is the terminal's: what it cannot show has another sign."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding
