"""Runs checks in the background, one run at a time, on a child that is warm already."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from course.catalogue import Exercise
from course.harness.report import Report
from course.runner import NOTHING, Run, finish
from course.spare import Limits, Spare

ATTEMPTS = 5  # to copy the files: an editor may be moving them at that moment
PAUSE = 0.05  # seconds between them


@dataclass(frozen=True)
class Verdict:
    """The end of run `number`: a Report, or why there is none."""

    number: int
    report: Report | None
    trouble: str = ""


class Worker:
    """`tell` gets each Verdict, from another thread. A cancelled run is silent."""

    answered = 0
    """The checks that have a verdict already, in the run that goes on."""
    current = ""
    """The name of the check that is running; "" before the first."""

    def __init__(
        self,
        tell: Callable[[Verdict], None],
        limits: Limits | None = None,
        environment: Mapping[str, str] = NOTHING,
    ) -> None:
        self.limits, self.environment = limits or Limits(), environment
        self.number = 0
        self._tell = tell
        self._run: Run | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()  # around these two
        self._closed = False
        self._next: tuple[Run, Spare] | None = None

    def start(self, exercise: Exercise) -> int:
        """Begin a run of the learner's folder, and cancel the one before. The number of the run."""
        self.cancel()
        self.number += 1
        self.answered, self.current = 0, ""
        self._run, spare = self._take(exercise)
        arguments = (self._run, spare, self.number)
        self._thread = threading.Thread(target=self._work, args=arguments, daemon=True)
        self._thread.start()
        return self.number

    def cancel(self) -> None:
        """No verdict comes any more of the run that goes on."""
        if self._run and self._thread:
            self._run.cancel()
            self._thread.join()
        self._run = self._thread = None

    def close(self) -> None:
        """End everything. Nothing is left running."""
        with self._lock:
            self._closed = True
        self.cancel()
        if self._next:
            self._next[1].close()

    def _take(self, exercise: Exercise) -> tuple[Run, Spare]:
        """The run that waits, with its child, if it is one of this exercise as it is now."""
        with self._lock:
            waiting, self._next = self._next, None
        if waiting:
            run, spare = waiting
            if run.exercise == exercise and run.is_prepared(spare) and spare.ended() is None:
                return waiting
            spare.close()
        return self._new(exercise), Spare(self.limits)

    def _new(self, exercise: Exercise) -> Run:
        return Run(
            exercise,
            exercise.folder,
            self.limits,
            on_event=self._hear,
            environment=self.environment,
        )

    def _prepare(self, exercise: Exercise) -> None:
        """A child that has imported everything, and read the checks."""
        with self._lock:
            if self._closed or self._next:
                return
            run, spare = self._new(exercise), Spare(self.limits, rehearse=True)
            with contextlib.suppress(OSError):  # without checks, the run itself says so
                run.prepare(spare)
            self._next = run, spare

    def _hear(self, event: dict[str, Any]) -> None:
        # Kept, and not told: a run of 100 ms has 100 events.
        if event["event"] == "result":
            self.answered += 1
        elif event["event"] == "start":
            self.current = event["id"]

    def _work(self, run: Run, spare: Spare, number: int) -> None:
        verdict = self._verdict(run, spare, number)
        if not run.cancelled:
            self._tell(verdict)
        self._prepare(run.exercise)

    def _verdict(self, run: Run, spare: Spare | None, number: int) -> Verdict:
        for attempt in range(ATTEMPTS):
            try:
                return Verdict(number, finish(run, spare))
            except OSError as error:
                trouble, spare = f"{error.strerror or error}", None
            if run.cancelled or attempt == ATTEMPTS - 1:
                break
            time.sleep(PAUSE)
        return Verdict(number, None, f"Your files could not be read: {trouble}.")
