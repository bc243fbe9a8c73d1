"""Runs the checks of an exercise on a submission, and always comes to a verdict.

The learner's code runs in a child process; the clock is here. A check that hangs or kills the
child is named, and the others run in a new child.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from course import processes
from course.catalogue import Exercise
from course.child import CUT_OFF
from course.harness import hung
from course.harness.followed import Followed
from course.harness.report import Check, Report
from course.harness.request import Request
from course.harness.words import inside, shorten
from course.harness.workspace import lay_out
from course.spare import Limits, Spare
from course.submissions import layers

MOST_PROCESSES = 64  # of a learner's app at once: more is a fork bomb
LOOK = 0.25  # seconds between two looks at the number of processes
GRACE = 0.5  # seconds that the child may take to see that it is late, or to end

QUIET = ("ready", "wake")  # events that say nothing about the run

NOTHING: Mapping[str, str] = MappingProxyType({})

OnEvent = Callable[[dict[str, Any]], None]


class Run:
    """One submission on its way to a Report."""

    def __init__(
        self,
        exercise: Exercise,
        submission: Path,
        limits: Limits,
        seed: str = "",
        stop: bool = False,
        on_event: OnEvent = lambda event: None,
        environment: Mapping[str, str] = NOTHING,
    ) -> None:
        self.exercise, self.submission, self.limits = exercise, submission, limits
        self.seed = seed or secrets.token_hex(4)
        self.stop, self.on_event, self.environment = stop, on_event, environment
        self.cancelled = False
        self._spare: Spare | None = None
        self.report = Report(exercise.slug, exercise.title)
        self.started = 0.0
        self.deadline = 0.0
        self.followed = Followed(self.report)
        self.until = 0.0
        self.allowed = limits.check
        """Seconds that the current check may take."""
        self._prepared: tuple[Spare, Path, bytes] | None = None

    def prepare(self, spare: Spare) -> None:
        """Let this child read the checks already. Raises FileNotFoundError when there are none."""
        folder = spare.folder()
        folder.mkdir()
        self._prepared = spare, folder, self.exercise.checks.read_bytes()
        spare.send(self._request(folder), wait=True)

    def is_prepared(self, spare: Spare) -> bool:
        """Whether it has read the checks as they are now."""
        if self._prepared is None or self._prepared[0] is not spare:
            return False
        return self._prepared[2] == self.exercise.checks.read_bytes()

    def on(self, spare: Spare) -> bool:
        """Run on this child what has no verdict yet. False when the child is gone."""
        self.started = self.started or time.monotonic()
        self.deadline = self.started + self.limits.run
        prepared, self._prepared = self._prepared, None
        folder = prepared[1] if prepared else spare.folder()
        *under, top = layers(self.exercise, self.submission)
        lay_out(self.exercise.folder, top, folder, *under)
        self._spare = spare
        self.followed.begin()
        self.until = self.deadline
        if prepared:
            spare.go_on()
        else:
            spare.send(self._request(folder))
        how = self._listen(spare)
        self._spare = None
        if how == "cancelled":
            return False
        if how != "complete":
            late = time.monotonic() >= self.until - GRACE - 0.05 * self.allowed
            end = _End(how, late, spare, folder)
            spare.kill()
            self._blame(end)
        self.report.output += spare.output().replace(f"{folder}{os.sep}", "")
        return how == "complete"

    def _request(self, folder: Path) -> Request:
        return Request(
            slug=self.exercise.slug,
            checks=str(self.exercise.checks),
            folder=str(folder),
            seed=self.seed,
            done=self.followed.answered,
            stop=self.stop,
            environment=dict(self.environment),
        )

    def cancel(self) -> None:
        """Let whoever waits for the verdict go on without it. From any thread."""
        self.cancelled = True
        if spare := self._spare:
            spare.wake()

    @property
    def over(self) -> bool:
        return (
            self.cancelled
            or self.report.problem is not None
            or (self.stop and bool(self.report.failures))
            or (bool(self.report.checks) and not self.followed.unanswered)
        )

    def conclude(self) -> Report:
        self.report.seconds = round(time.monotonic() - self.started, 3)
        return self.report.conclude()

    def _listen(self, spare: Spare) -> str:
        """ "complete", "cancelled", or what ended it: "hung", "crashed", "forked", "broken", "not
        started".
        """
        heard = False
        while True:
            if self.cancelled:
                return "cancelled"
            now = time.monotonic()
            try:
                event = spare.event(min(self.until, now + LOOK))
            except TimeoutError:
                if time.monotonic() >= self.until:
                    return "hung"
                if len(processes.family(spare.child.pid)) > MOST_PROCESSES:
                    return "forked"
                if spare.ended() is None:
                    continue
                event = _last_words(spare)
            if event is None:
                return "crashed" if heard else "not started"
            heard = heard or event["event"] not in QUIET
            if self._hear(event):
                # pytest says 0 or 1 when it came to the end of its list.
                if event.get("code") in (0, 1) and self.over:
                    return "complete"
                return "broken" if self.report.checks else "not started"

    def _hear(self, event: dict[str, Any]) -> bool:
        """Take in one event. True when the run has ended."""
        kind = event["event"]
        if kind in ("load", "start"):
            self.allowed = float(event.get("limit", self.limits.check))
            self.until = min(self.deadline, time.monotonic() + self.allowed + GRACE)
        self.followed.hear(event)
        self.on_event(event)
        return kind in ("end", "broken")

    def _blame(self, end: _End) -> None:
        """Give a verdict to whatever was running when the child ended."""
        late = time.monotonic() >= self.deadline
        seconds = self.limits.run if late else self.allowed
        self.followed.blame(lambda check, when: end.tell(check, when, seconds), late)
        if late and not self.report.problem:
            self.followed.give_up(self.limits.run)


def _last_words(spare: Spare) -> dict[str, Any] | None:
    """What a child that has ended had still said; None when a process of its own holds the line."""
    try:
        return spare.event(time.monotonic() + GRACE)
    except TimeoutError:
        return None


class _End:
    """How a child has ended before it had said everything. To be made before it is killed."""

    def __init__(self, how: str, late: bool, spare: Spare, folder: Path) -> None:
        self.status = spare.ended(GRACE) if how in ("crashed", "not started") else None
        trace = spare.trace()
        if how == "crashed" and self.status == 1 and (late or "Timeout (" in trace):
            how = "hung"  # the child's own alarm came first
        if how == "crashed" and self.status in (None, CUT_OFF):
            how = "cut off"
        self.how = how
        self.traced = "Timeout (" in trace
        self.place = _place(trace, folder)
        self.serving = re.search(r"uvicorn[\\/]server\.py", trace) is not None

    def tell(self, check: Check, when: str, seconds: float) -> None:
        """Make it the verdict on a check."""
        if self.how == "hung":
            hung.tell(check, seconds, self._why(when))
        else:
            check.status = "error" if check.id == "load" else "fail"
            check.kind = "course-error" if self.how == "not started" else "crashed"
            check.expected = "the process goes on"
            check.actual = self._what()
            check.message = self._why(when)
        if self.place:
            check.file, check.line, check.source = self.place

    def _what(self) -> str:
        match self.how:
            case "forked":
                return f"more than {MOST_PROCESSES} processes"
            case "cut off":
                return "the process lost its line to the checks"
            case "broken":
                return "the checks broke off"
        if self.status is not None and self.status < 0:
            return f"the process was ended by {_signal(-self.status)}"
        return f"the process ended with status {self.status}"

    def _why(self, when: str) -> str:
        at = "Your code"
        if self.place:
            file, line, _ = self.place
            at = f"Line {line}" if file == "main.py" else f"{file} line {line}"
        match self.how:
            case "hung" if self.serving:
                return (
                    f"{at} starts a server, and that call does not return. The checks only import "
                    'app; put the call under if __name__ == "__main__":.'
                )
            case "hung" if self.place:
                return (
                    f"{at} was still running{when}, so the run was stopped. Is it a loop without "
                    "an end, or a call that blocks?"
                )
            case "hung" if not self.traced:
                return hung.no_answer(when)
            case "hung":
                return (
                    f"Nothing of yours was running{when}: the app waits for something that never "
                    "comes, an await or a lock."
                )
            case "forked":
                return f"{at} starts processes without an end. All of them were stopped."
            case "cut off":
                return (
                    f"{at} closed files that it had not opened, or became another program{when}. "
                    "A server loses its connections that way."
                )
            case "broken":
                return (
                    f"The checks broke off{when}, and not by themselves: {at.lower()} interrupts "
                    "the whole process, or has changed what Python and pytest need to go on."
                )
            case "not started":
                return (
                    f"The checks could not be started ({self._what()}). That is a mistake in the "
                    "course or in its installation, not in your code."
                )
        return (
            f"{at} ended the whole Python process{when} ({self._what()}). On a server that takes "
            "every other request down with it."
        )


def check(
    exercise: Exercise,
    submission: Path,
    limits: Limits | None = None,
    spare: Spare | None = None,
    seed: str = "",
    on_event: OnEvent = lambda event: None,
    environment: Mapping[str, str] = NOTHING,
) -> Report:
    """The Report on a submission: a folder with a main.py, or a file that stands for it.

    `spare` is a child that is already starting; it is used up. Raises FileNotFoundError.
    """
    run = Run(exercise, submission, limits or Limits(), seed, False, on_event, environment)
    return finish(run, spare)


def finish(run: Run, spare: Spare | None = None) -> Report:
    """Run until there is a verdict, or it is cancelled. Raises FileNotFoundError."""
    try:
        while not run.over:
            spare = spare or Spare(run.limits)
            run.on(spare)
            spare.close()
            spare = None
    finally:
        if spare:
            spare.close()
    return run.conclude()


def _place(trace: str, folder: Path) -> tuple[str, int, str] | None:
    """The innermost line of the learner's code in a traceback of faulthandler's.

    Only in the thread that crashed, in the main one and in those in which FastAPI runs a `def`:
    a thread of the learner's own may well run for ever.
    """
    threads = re.split(r"(?m)^(?=Thread |Current thread )", trace)
    threads.sort(key=lambda thread: not thread.startswith("Current"))
    current = threads[0].startswith("Current")
    chosen = threads[:1] if current else [threads[-1], *(t for t in threads if "anyio" in t)]
    for path, number in re.findall(r'File "([^"]+)", line (\d{1,6})\b', "".join(chosen)):
        file, line = inside(path, folder), int(number)
        if file:
            return file, line, _source(folder / file, line)
    return None


def _source(file: Path, line: int) -> str:
    if not file.is_file():
        return ""
    lines = file.read_text("utf-8", "replace").splitlines()
    return shorten(lines[line - 1].strip()) if 0 < line <= len(lines) else ""


def _signal(number: int) -> str:
    return signal.Signals(number).name if number in signal.valid_signals() else f"signal {number}"
