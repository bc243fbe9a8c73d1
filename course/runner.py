"""Runs the checks of an exercise on a submission, and always comes to a verdict.

The learner's code runs in a child process; the clock is here. A check that hangs or kills the
child is named, and the others run in a new child.
"""

from __future__ import annotations

import re
import secrets
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course import processes
from course.catalogue import Exercise
from course.harness.report import Check, Exchange, Report, apply
from course.harness.words import inside
from course.harness.workspace import lay_out
from course.spare import Limits, Spare

MOST_PROCESSES = 64  # of a learner's app at once: more is a fork bomb
LOOK = 0.25  # seconds between two looks at the number of processes

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
    ) -> None:
        self.exercise, self.submission, self.limits = exercise, submission, limits
        self.seed = seed or secrets.token_hex(4)
        self.stop, self.on_event = stop, on_event
        self.report = Report(exercise.slug, exercise.title)
        self.started = time.monotonic()
        self.deadline = self.started + limits.run
        self.answered: dict[str, str] = {}
        self.current: str | None = None
        self.exchange: Exchange | None = None
        self.until = self.deadline

    def on(self, spare: Spare) -> bool:
        """Run on this child what has no verdict yet. False when the child is gone."""
        from course.harness.run import Request

        folder = spare.folder()
        lay_out(self.exercise.folder, self.submission, folder)
        self.current, self.exchange, self.until = None, None, self.deadline
        spare.send(
            Request(
                slug=self.exercise.slug,
                checks=str(self.exercise.checks),
                folder=str(folder),
                seed=self.seed,
                done=self.answered,
                stop=self.stop,
            )
        )
        how = self._listen(spare)
        if how != "complete":
            spare.kill()
            self._blame(how, spare, folder)
        self.report.output += spare.output()
        return how == "complete"

    @property
    def over(self) -> bool:
        return (
            self.report.problem is not None
            or (self.stop and bool(self.report.failures))
            or (bool(self.report.checks) and not self.unanswered)
        )

    @property
    def unanswered(self) -> list[Check]:
        return [check for check in self.report.checks if check.id not in self.answered]

    def conclude(self) -> Report:
        self.report.seconds = round(time.monotonic() - self.started, 3)
        return self.report.conclude()

    def _listen(self, spare: Spare) -> str:
        """ "complete", or what ended the child: "hung", "crashed", "forked"."""
        while True:
            now = time.monotonic()
            try:
                event = spare.event(min(self.until, now + LOOK))
            except TimeoutError:
                if time.monotonic() >= self.until:
                    return "hung"
                if len(processes.family(spare.child.pid)) > MOST_PROCESSES:
                    return "forked"
                continue
            if event is None:
                return "crashed"
            try:
                ended = self._hear(event)
            except (KeyError, TypeError, AttributeError):
                continue  # not an event of ours
            if ended:
                # pytest says 0 or 1 when it came to the end of its list.
                return "complete" if event.get("code") in (0, 1) and self.over else "crashed"

    def _hear(self, event: dict[str, Any]) -> bool:
        """Take in one event. True when the run has ended."""
        kind = event["event"]
        if kind in ("load", "start"):
            self.current, self.exchange = event.get("id"), None
            self.until = min(self.deadline, time.monotonic() + self.limits.check)
        elif kind == "request":
            self.exchange = Exchange(**event["exchange"])
        if kind != "collected" or not self.report.checks:
            apply(self.report, event)
        if kind == "result":
            self.answered[event["check"]["id"]] = event["check"]["status"]
            self.current = None
        self.on_event(event)
        return kind in ("end", "broken")

    def _blame(self, how: str, spare: Spare, folder: Path) -> None:
        """Give a verdict to whatever was running when the child ended."""
        late = time.monotonic() >= self.deadline
        guilty = self.report.check(self.current or "")
        if guilty is None and (self.answered or late) and self.unanswered:
            guilty = self.unanswered[0]
        check = guilty or Check("load", "The app can be imported and started")
        check.status = "fail" if guilty else "error"
        check.kind = "hung" if how == "hung" else "crashed"
        place = _place(spare.trace(), folder)
        if place:
            check.file, check.line, check.source = place
        check.exchanges = [self.exchange] if self.exchange else []
        seconds = f"{self.limits.check:g} s" if not late else f"{self.limits.run:g} s"
        check.expected = f"an end within {seconds}" if how == "hung" else "the process goes on"
        check.actual = _what(how, spare, seconds)
        check.message = _why(how, place, check.actual, guilty is None)
        if guilty is None:
            self.report.problem = check
            return
        self.answered[check.id] = check.status
        if late:
            for other in self.unanswered:
                other.message = f"Not reached: the whole run took more than {self.limits.run:g} s"
                self.answered[other.id] = other.status


def check(
    exercise: Exercise,
    submission: Path,
    limits: Limits | None = None,
    spare: Spare | None = None,
    seed: str = "",
    on_event: OnEvent = lambda event: None,
) -> Report:
    """The Report on a submission: a folder with a main.py, or a file that stands for it.

    `spare` is a child that is already starting; it is used up. Raises FileNotFoundError.
    """
    run = Run(exercise, submission, limits or Limits(), seed, on_event=on_event)
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
    """The innermost line of the learner's code in a traceback of faulthandler's."""
    for path, number in re.findall(r'File "([^"]+)", line (\d+)', trace):
        file = inside(path, folder)
        if file:
            lines = (
                (folder / file).read_text("utf-8", "replace").splitlines()
                if (folder / file).is_file()
                else []
            )
            line = int(number)
            return file, line, lines[line - 1].strip() if line <= len(lines) else ""
    return None


def _what(how: str, spare: Spare, seconds: str) -> str:
    if how == "hung":
        return f"still running after {seconds}"
    if how == "forked":
        return f"more than {MOST_PROCESSES} processes"
    status = spare.child.returncode
    if status is not None and status < 0:
        with_name = signal.Signals(-status).name if -status in signal.valid_signals() else -status
        return f"the process was ended by {with_name}"
    return f"the process ended with status {status}"


def _why(how: str, place: tuple[str, int, str] | None, actual: str, loading: bool) -> str:
    at = "Your code"
    if place:
        at = f"Line {place[1]}" if place[0] == "main.py" else f"{place[0]} line {place[1]}"
    while_ = " while main.py was being imported or started" if loading else ""
    if how == "hung" and place and "uvicorn.run" in place[2]:
        return f'{at} starts a server, and that call does not return. The checks only import app; put the call under if __name__ == "__main__":.'
    if how == "hung" and place:
        return f"{at} was still running{while_}, so the run was stopped. Is it a loop without an end, or a call that blocks?"
    if how == "hung":
        return f"Nothing of yours was running{while_}: the app waits for something that never comes, an await or a lock."
    if how == "forked":
        return f"{at} starts processes without an end. All of them were stopped."
    return f"{at} ended the whole Python process{while_} ({actual}). On a server that takes every other request down with it."
