"""Runs many submissions at once, each worker with a child that it uses again and again.

For submissions that the course ships: one learner's code always gets a child of its own.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from course.catalogue import Exercise
from course.harness.report import Report
from course.runner import Run
from course.spare import Limits, Spare

LIFE = 60  # runs before a child is replaced: what each leaves behind adds up


@dataclass(frozen=True)
class Job:
    """One submission to run. `key` is whatever the caller knows it by."""

    key: object
    exercise: Exercise
    submission: Path
    stop: bool = False
    environment: Mapping[str, str] = field(default_factory=dict, compare=False)


def run_all(
    jobs: Iterable[Job], limits: Limits | None = None, seed: str = "", workers: int = 0
) -> Iterator[tuple[Job, Report]]:
    """The reports, in the order in which they are ready."""
    limits = limits or Limits()
    todo: queue.SimpleQueue[Job] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Job, Report] | BaseException] = queue.SimpleQueue()
    count = 0
    for job in jobs:
        todo.put(job)
        count += 1
    closing = threading.Event()
    worker = _worker(todo, done, limits, seed, closing)
    threads = [
        threading.Thread(target=worker) for _ in range(min(workers or default_workers(), count))
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in range(count):
            result = done.get()
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        closing.set()
        for thread in threads:
            thread.join()


def default_workers() -> int:
    """One more than there are processors: some checks wait, for a server or a lock."""
    return (os.cpu_count() or 1) + 1


def _worker(
    todo: queue.SimpleQueue[Job],
    done: queue.SimpleQueue[tuple[Job, Report] | BaseException],
    limits: Limits,
    seed: str,
    closing: threading.Event,
) -> Callable[[], None]:
    def work() -> None:
        spare: Spare | None = None
        try:
            while not closing.is_set():
                try:
                    job = todo.get_nowait()
                except queue.Empty:
                    return
                run = Run(
                    job.exercise,
                    job.submission,
                    limits,
                    seed,
                    job.stop,
                    environment=job.environment,
                )
                while not run.over:
                    spare = spare or Spare(limits)
                    whole = run.on(spare)
                    if not whole or spare.runs >= LIFE:
                        spare.close()
                        spare = None
                done.put((job, run.conclude()))
        except BaseException as error:
            done.put(error)
        finally:
            if spare:
                spare.close()

    return work
