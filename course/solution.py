"""The reference beside the learner's file, and other ways that are right too."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from rich.text import Text

from course.catalogue import Exercise
from course.harness.workspace import SKIPPED
from course.submissions import submissions

STYLES = {"-": "red", "+": "green", "@": "cyan"}


def lines(exercise: Exercise) -> Iterator[Text]:
    """What to show of a solution: a diff of each of its files, and the right variants."""
    files = sorted(path for path in exercise.solution.rglob("*") if _is_text(path))
    for file in files:
        name = file.relative_to(exercise.solution)
        yield from _difference(exercise, exercise.folder / name, file)
        yield Text()
    if others := [s for s in submissions(exercise) if s.role == "right"]:
        yield Text("  Also right:")
        for other in others:
            yield Text(f"    {other.note}")
            yield Text(f"      {other.name}", "dim")


def _difference(exercise: Exercise, yours: Path, reference: Path) -> Iterator[Text]:
    names = [path.relative_to(exercise.root).as_posix() for path in (yours, reference)]
    before, after = (_read(path) for path in (yours, reference))
    if before == after:
        yield Text(f"  {names[0]} is the reference, word for word.")
        return
    yield Text(f"  - {names[0]}  (yours)", "red")
    yield Text(f"  + {names[1]}  (the reference)", "green")
    for line in list(difflib.unified_diff(before, after, lineterm="", n=3))[2:]:
        yield Text(f"  {line}", STYLES.get(line[:1], ""))


def _is_text(path: Path) -> bool:
    return path.is_file() and not any(
        fnmatch(part, name) for part in path.parts for name in SKIPPED
    )


def _read(path: Path) -> list[str]:
    return path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
