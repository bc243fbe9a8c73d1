"""How a learner types a command."""

from __future__ import annotations

import os

from course.catalogue import Exercise


def typed(name: str, exercise: Exercise | None = None) -> str:
    """`make check lesson=3`, or on Windows, which has no make, `python -m course check 3`."""
    if os.name == "nt":
        return f"python -m course {name} {exercise.key}" if exercise else f"python -m course {name}"
    return f"make {name} lesson={exercise.key}" if exercise else f"make {name}"
