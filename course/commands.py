"""How a learner types a command."""

from __future__ import annotations

import os

from course.catalogue import Exercise


def typed(name: str, exercise: Exercise | None = None, option: str = "") -> str:
    """`make reset lesson=3 undo=1`, or on Windows, which has no make, `python -m course reset 3 --undo`."""
    if os.name == "nt":
        words = [
            "python -m course",
            name,
            exercise.key if exercise else "",
            option and f"--{option}",
        ]
    else:
        words = [
            "make",
            name,
            f"lesson={exercise.key}" if exercise else "",
            option and f"{option}=1",
        ]
    return " ".join(filter(None, words))
