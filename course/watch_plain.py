"""`watch` without a screen: one report after the other, for a pipe, an editor or a screen reader."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console

from course.catalogue import Exercise
from course.changes import Changes, Polling, Saved
from course.harness.report import Report
from course.progress import NotSaved, ProgressFile, now
from course.runner import NOTHING
from course.signals import LOOK, Ended, Resized, Suspended, told
from course.worker import Verdict, Worker


def watch_plain(
    exercise: Exercise,
    show: Callable[[Report, Path], None],
    poll: bool = False,
    environment: Mapping[str, str] = NOTHING,
) -> int:
    """Check now and on every save, until a signal comes. `show` prints a Report. The exit status."""
    inbox: queue.SimpleQueue[Verdict | Saved | Polling | Ended | Resized | Suspended] = (
        queue.SimpleQueue()
    )
    console = Console(highlight=False)
    file = ProgressFile(exercise.root)
    worker = Worker(inbox.put, environment=environment)
    changes = Changes(exercise.folder, inbox.put, poll)

    def say(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    def start() -> None:
        say(f"Checking lessons/{exercise.slug} …")
        worker.start(exercise)

    def conclude(report: Report) -> None:
        show(report, exercise.folder)
        say(f"\nChecked: {len(report.passed)} of {len(report.checks)} pass.")
        try:
            file.change(lambda progress: progress.take(report, now()))
        except NotSaved as error:
            say(str(error))

    def next() -> object:
        while True:
            with contextlib.suppress(queue.Empty):
                return inbox.get(timeout=LOOK)

    try:
        with told(inbox.put, "SIGINT", "SIGTERM", "SIGHUP"):
            start()
            while True:
                match next():
                    case Ended(status):
                        return status
                    case Saved(changed=True):
                        start()
                    case Polling(why):
                        say(f"Looking for changes ten times a second: {why}.")
                    case Verdict(number=number, report=report, trouble=trouble):
                        if number != worker.number:
                            continue
                        if report:
                            conclude(report)
                        else:
                            say(f"{trouble}\nChecked: nothing.")
    finally:
        changes.close()
        worker.close()
