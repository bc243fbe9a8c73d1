"""Finds the exercises. An exercise is one slug in lessons, solutions, checks and docs/lessons."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

ROOT = Path(__file__).resolve().parent.parent
LEARN = "## What you will learn"

Kind = Literal["lesson", "challenge", "bonus", "drill"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which they are listed: drills are beside the way."""
LEVELS = ("easy", "intermediate", "expert", "black_belt")
HEAD = re.compile(r"^# (?:[^:]*\d+: |(?:Challenge|Bonus|Drill)[^:]*: )?")


class UnknownLesson(Exception):
    """No exercise, or more than one, goes by that name. The text says which there are."""


@dataclass(frozen=True)
class Exercise:
    """The four trees of one slug below `root`."""

    slug: str
    root: Path = ROOT

    @property
    def folder(self) -> Path:
        return self.root / "lessons" / self.slug

    @property
    def starter(self) -> Path:
        """The folder as the course ships it: `folder` is the learner's to change."""
        return self.root / "course" / "starters" / self.slug

    @property
    def solution(self) -> Path:
        return self.root / "solutions" / self.slug

    @property
    def checks(self) -> Path:
        return self.root / "checks" / f"test_{self.slug}.py"

    @property
    def page(self) -> Path:
        return self.root / "docs" / "lessons" / f"{self.slug}.md"

    @property
    def submissions(self) -> Path:
        return self.root / "tests" / "submissions" / self.slug

    @property
    def number(self) -> int | None:
        """The lesson's number; the other kinds have none."""
        head = self.slug.partition("_")[0]
        return int(head) if head.isdigit() else None

    @property
    def kind(self) -> Kind:
        """What it is, as the first word of its slug says: those of lessons begin with a number."""
        head = self.slug.partition("_")[0]
        return next((kind for kind in KINDS if kind == head), "lesson")

    @property
    def name(self) -> str:
        """`Lesson 3`, `Challenge`, `Bonus` or `Drill`: what stands before the title."""
        return f"Lesson {self.number}" if self.number else self.kind.capitalize()

    @property
    def key(self) -> str:
        """The shortest name that `find` takes: the number, or the slug."""
        return str(self.number or self.slug)

    @property
    def title(self) -> str:
        """The heading of the page, without "Lesson 3: ", "Drill: " and the like."""
        if self.page.is_file():
            for line in self.page.read_text("utf-8").splitlines():
                if line.startswith("# "):
                    return HEAD.sub("", line).strip()
        return self.slug.partition("_")[2].replace("_", " ").capitalize()

    @property
    def learned(self) -> list[str]:
        """What a learner can do after it: the list on the page under "What you will learn"."""
        lines = self.page.read_text("utf-8").splitlines() if self.page.is_file() else []
        start = lines.index(LEARN) + 1 if LEARN in lines else len(lines)
        end = next((n for n in range(start, len(lines)) if lines[n].startswith("#")), len(lines))
        return [line[2:].strip() for line in lines[start:end] if line.startswith("- ")]


def exercises(root: Path = ROOT) -> list[Exercise]:
    """All exercises: lessons by number, challenges by level, the bonus, then drills."""
    found = [
        Exercise(path.stem.removeprefix("test_"), root) for path in root.glob("checks/test_*.py")
    ]
    return sorted(found, key=_rank)


def _rank(exercise: Exercise) -> tuple[int, int, int, str]:
    level = exercise.slug.partition("_")[2]
    place = LEVELS.index(level) if level in LEVELS else len(LEVELS)
    return KINDS.index(exercise.kind), exercise.number or 0, place, exercise.slug


def find(name: str, root: Path = ROOT) -> Exercise:
    """The exercise of a number, a slug or a unique part of one. Raises UnknownLesson."""
    every = exercises(root)
    wanted = re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")
    exact = [e for e in every if e.slug == wanted or (wanted.isdigit() and e.number == int(wanted))]
    matches = exact or [e for e in every if wanted and wanted in e.slug and not wanted.isdigit()]
    if len(matches) == 1:
        return matches[0]
    names = [e.slug for e in every]
    if matches:
        listed = ", ".join(e.slug for e in matches)
        raise UnknownLesson(f"{name!r} fits more than one lesson: {listed}.")
    near = difflib.get_close_matches(wanted, names, 3, 0.4) or names
    raise UnknownLesson(f"There is no lesson {name!r}. Near it: {', '.join(near)}.")
