"""What a learner has reached, in `.course/progress.json`, which git ignores.

A change is read, made and written under a lock, and written as a whole: a kill, a full disk or a
second terminal leaves either the old file or the new one. What is in it for exercises that this
version of the course does not know is kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from course.catalogue import Exercise
from course.harness.report import Report

SCHEMA = 1
PATIENCE = 2.0  # seconds for another terminal to finish its change, which takes milliseconds

State = Literal["open", "begun", "passed", "fails again"]


class NotSaved(Exception):
    """The progress could not be written. The text says why, and that nothing is lost."""


@dataclass
class Record:
    """One exercise: the last run of its checks, and what was shown.

    `passed_at` is the moment of the first pass, in UTC; `hints` counts those shown of each check.
    """

    status: str = ""
    passed: int = 0
    checks: int = 0
    checked_at: str = ""
    passed_at: str = ""
    hints: dict[str, int] = field(default_factory=dict)

    @property
    def state(self) -> State:
        if self.status == "pass":
            return "passed"
        if self.passed_at:
            return "fails again"
        return "begun" if self.status else "open"


@dataclass
class Progress:
    """The records of all exercises, by slug, also of those that this version does not have."""

    records: dict[str, Record] = field(default_factory=dict)

    def of(self, slug: str) -> Record:
        return self.records.get(slug) or Record()

    def take(self, report: Report, now: str) -> None:
        """A verdict on the learner's own file."""
        record = self.records.setdefault(report.lesson, Record())
        record.status, record.checked_at = report.status, now
        record.passed, record.checks = len(report.passed), len(report.checks) or record.checks
        if report.status == "pass":
            record.passed_at = record.passed_at or now

    def hint_shown(self, slug: str, check: str, number: int) -> None:
        """That hints up to `number` of a check were shown."""
        hints = self.records.setdefault(slug, Record()).hints
        hints[check] = max(number, hints.get(check, 0))

    def as_dict(self) -> dict[str, Any]:
        exercises = {slug: asdict(record) for slug, record in self.records.items()}
        return {"schema": SCHEMA, "exercises": exercises}

    @classmethod
    def from_dict(cls, data: Any) -> Progress:
        """Raises ValueError when it is not what `as_dict` gives."""
        if not isinstance(data, dict) or not isinstance(data.get("exercises"), dict):
            raise ValueError("it is not a progress file")
        return cls({slug: _record(slug, entry) for slug, entry in data["exercises"].items()})


def current(progress: Progress, exercises: list[Exercise]) -> Exercise | None:
    """Where the learner is: the first that never passed, else the first that fails again.

    Drills are beside the way: one of them only when there is nothing else.
    """
    drills = [exercise for exercise in exercises if exercise.kind == "drill"]
    way = [exercise for exercise in exercises if exercise not in drills]
    return _where(progress, way) or _where(progress, drills)


def following(progress: Progress, exercises: list[Exercise], exercise: Exercise) -> Exercise | None:
    """The next one to do after `exercise`: one that comes later, else where the learner is.

    After a drill comes a drill, after anything else none, as long as there are others.
    """
    later = [
        other
        for other in exercises[exercises.index(exercise) + 1 :]
        if (other.kind == "drill") == (exercise.kind == "drill")
    ]
    others = [other for other in exercises if other != exercise]
    return current(progress, later) or current(progress, others)


def _where(progress: Progress, exercises: list[Exercise]) -> Exercise | None:
    return _first(progress, exercises, "open", "begun") or _first(
        progress, exercises, "fails again"
    )


def _first(progress: Progress, exercises: list[Exercise], *states: State) -> Exercise | None:
    return next((e for e in exercises if progress.of(e.slug).state in states), None)


class ProgressFile:
    """The file of one copy of the course. `notes` is what a learner should be told about it."""

    def __init__(self, root: Path) -> None:
        self.folder = root / ".course"
        self.path = self.folder / "progress.json"
        self.notes: list[str] = []

    def read(self) -> Progress:
        """What the file says; nothing, with a note, when it cannot be understood."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return Progress()
        except OSError as error:
            self._note(f"{self._shown} cannot be read: {error.strerror}.")
            return Progress()
        try:
            return self._understood(data)
        except ValueError:
            with contextlib.suppress(NotSaved):
                self.change(lambda progress: None)  # keeps it aside
            return Progress()
        except NotSaved as newer:
            self._note(str(newer))
            return Progress()

    def change(self, make: Callable[[Progress], None]) -> Progress:
        """Make a change to what the file says now. Raises NotSaved, and then has changed nothing."""
        try:
            with self._locked():
                progress = self._current()
                before = json.dumps(progress.as_dict())
                make(progress)
                if json.dumps(progress.as_dict()) != before:
                    write(self.path, json.dumps(progress.as_dict(), indent=1).encode())
                return progress
        except OSError as error:
            raise NotSaved(f"Your progress could not be saved: {error.strerror}.") from error

    @property
    def _shown(self) -> str:
        return f"{self.folder.name}/{self.path.name}"

    def _current(self) -> Progress:
        """What the file says now; if that is nothing, it is put aside. To be called when locked."""
        try:
            return self._understood(self.path.read_bytes())
        except FileNotFoundError:
            return Progress()
        except ValueError as error:
            aside = free(self.folder / f"progress.broken-{stamp()}.json")
            self.path.replace(aside)
            self._note(
                f"{self._shown} was broken ({error}). It is kept as {self.folder.name}/"
                f"{aside.name}, and your progress starts anew; your code is untouched."
            )
            return Progress()

    def _understood(self, data: bytes) -> Progress:
        try:
            parsed = json.loads(data)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        schema = parsed.get("schema") if isinstance(parsed, dict) else None
        if isinstance(schema, int) and schema > SCHEMA:
            raise NotSaved(
                f"{self._shown} was written by a newer version of the course, and is left as it "
                "is. Update the course to go on with it."
            )
        return Progress.from_dict(parsed)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(descriptor)
            yield
        finally:
            os.close(descriptor)  # and the lock goes with it, as it does when we are killed


def write(path: Path, data: bytes) -> None:
    """Put `data` in the place of a file, all of it or nothing. To be called when locked."""
    new = path.with_name(f"{path.name}.new")  # one name: a kill leaves no more than one behind
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        while data:
            data = data[os.write(descriptor, data) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(new, path)  # noqa: PTH105  one system call


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def stamp() -> str:
    """The local time, fit for the name of a file, as a learner looks for it."""
    return datetime.now().strftime("%Y-%m-%d-%H%M%S")


def free(path: Path) -> Path:
    """The path, or when something is there already, the path with a number."""
    number, wanted = 1, path
    while path.exists():
        number += 1
        path = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
    return path


def _record(slug: str, entry: Any) -> Record:
    if not isinstance(entry, dict) or entry.keys() != asdict(Record()).keys():
        raise ValueError(f"the entry of {slug} is not complete")
    hints = entry["hints"]
    texts = ("status", "checked_at", "passed_at")
    if (
        all(isinstance(entry[key], str) for key in texts)
        and all(type(entry[key]) is int for key in ("passed", "checks"))
        and isinstance(hints, dict)
        and all(type(count) is int for count in hints.values())
    ):
        return Record(**entry)
    raise ValueError(f"the entry of {slug} has a value of another type")


def _lock(descriptor: int) -> None:
    """Raises OSError when another process does not let go of it in time."""
    until = time.monotonic() + PATIENCE
    while not _try_lock(descriptor):
        if time.monotonic() > until:
            raise TimeoutError(0, "another terminal is writing it and does not end")
        time.sleep(0.01)


if sys.platform == "win32":

    def _try_lock(descriptor: int) -> bool:
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:

    def _try_lock(descriptor: int) -> bool:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a file system without locks: the write is whole all the same
        return True
