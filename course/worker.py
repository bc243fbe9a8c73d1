"""Runs checks in the background, one run at a time, on a child that is warm already."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from course.catalogue import Exercise
from course.harness.report import Report
from course.runner import Run, finish
from course.spare import Limits, Spare

ATTEMPTS = 5  # to copy the files: an editor may be moving them at that moment
PAUSE = 0.05  # seconds between them


@dataclass(frozen=True)
class Heard:
    """One event of run `number`."""

    number: int
    event: dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """The end of run `number`: a Report, or why there is none."""

    number: int
    report: Report | None
    trouble: str = ""


class Worker:
    """`tell` gets what is Heard and each Verdict, from another thread. A cancelled run is silent."""

    def __init__(self, tell: Callable[[Heard | Verdict], None], limits: Limits | None = None):
        self.limits = limits or Limits()
        self.number = 0
        self._tell = tell
        self._closed = False
        self._lock = threading.Lock()  # around the spare
        self._spare: Spare | None = Spare(self.limits, rehearse=True)
        self._run: Run | None = None
        self._thread: threading.Thread | None = None

    def start(self, exercise: Exercise) -> int:
        """Begin a run of the learner's folder, and cancel the one before. The number of the run."""
        self.cancel()
        self.number += 1
        number = self.number

        def on_event(event: dict[str, Any]) -> None:
            self._tell(Heard(number, event))

        run = Run(exercise, exercise.folder, self.limits, on_event=on_event)
        self._run = run
        self._thread = threading.Thread(target=self._work, args=(run, number), daemon=True)
        self._thread.start()
        return number

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
        if self._spare:
            self._spare.close()

    def _work(self, run: Run, number: int) -> None:
        verdict = self._verdict(run, number)
        if not run.cancelled:
            self._tell(verdict)
        with self._lock:
            if not self._closed and self._spare is None:
                self._spare = Spare(self.limits, rehearse=True)

    def _verdict(self, run: Run, number: int) -> Verdict:
        for attempt in range(ATTEMPTS):
            try:
                return Verdict(number, finish(run, self._take()))
            except OSError as error:
                trouble = f"{error.strerror or error}"
            if run.cancelled or attempt == ATTEMPTS - 1:
                break
            time.sleep(PAUSE)
        return Verdict(number, None, f"Your files could not be read: {trouble}.")

    def _take(self) -> Spare | None:
        """The child that waits, unless it has ended meanwhile."""
        with self._lock:
            spare, self._spare = self._spare, None
        if spare and spare.ended() is not None:
            spare.close()
            return None
        return spare
