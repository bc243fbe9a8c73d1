"""The learner's way through the course, as text and as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from course.catalogue import Exercise
from course.commands import typed
from course.progress import Progress, current
from course.view import listed

SCHEMA = 1


def stages(progress: Progress, every: list[Exercise], console: Console) -> Iterator[Text]:
    """The exercises in their order, with what was learned in those that have passed."""
    here = current(progress, every)
    passed = [exercise for exercise in every if progress.of(exercise.slug).passed_at]
    yield Text(f"Your way through the course: {_count(every, passed)}", "bold")
    yield Text()
    for line, exercise in listed(every, progress, console, here):
        yield line
        if exercise in passed:
            for learned in exercise.learned:
                yield Text(f"         {learned}", "dim")
    yield Text()
    yield from next_steps(here)


def _count(every: list[Exercise], passed: list[Exercise]) -> str:
    """`3 of 15 passed, and 2 of 15 drills`: drills are beside the way."""
    drills = [exercise for exercise in every if exercise.kind == "drill"]
    done = [exercise for exercise in passed if exercise in drills]
    count = f"{len(passed) - len(done)} of {len(every) - len(drills)} passed"
    return count + (f", and {len(done)} of {len(drills)} drills" if drills else "")


def next_steps(exercise: Exercise | None) -> Iterator[Text]:
    """What to read, to change and to type for an exercise; that all is done, for None."""
    if exercise is None:
        yield Text("  All exercises have passed.")
        return
    yield Text(f"  Next: {exercise.name} · {exercise.title}", "bold")
    yield Text(f"      Read        docs/lessons/{exercise.slug}.md")
    yield Text(f"      Change      lessons/{exercise.slug}/main.py")
    yield Text(f"      Then        {typed('check', exercise)}")


def as_dict(progress: Progress, every: list[Exercise]) -> dict[str, Any]:
    """The same as `stages`, for programs."""
    here = current(progress, every)
    return {
        "schema": SCHEMA,
        "next": here.slug if here else None,
        "exercises": [_stage(exercise, progress) for exercise in every],
    }


def _stage(exercise: Exercise, progress: Progress) -> dict[str, Any]:
    record = progress.of(exercise.slug)
    return {
        "slug": exercise.slug,
        "title": exercise.title,
        "state": record.state,
        "passed": record.passed,
        "checks": record.checks,
        "checked_at": record.checked_at or None,
        "passed_at": record.passed_at or None,
        "hints": sum(record.hints.values()),
        "learned": exercise.learned,
    }
