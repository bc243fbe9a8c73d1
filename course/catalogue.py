"""Finds the exercises. An exercise is one slug in lessons, solutions, checks and docs/lessons."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEARN = "## What you will learn"


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
        """The lesson's number; challenges have none."""
        head = self.slug.partition("_")[0]
        return int(head) if head.isdigit() else None

    @property
    def name(self) -> str:
        """`Lesson 3`, or `Challenge`: what stands before the title."""
        return f"Lesson {self.number}" if self.number else self.slug.partition("_")[0].capitalize()

    @property
    def key(self) -> str:
        """The shortest name that `find` takes: the number, or the slug."""
        return str(self.number or self.slug)

    @property
    def title(self) -> str:
        """The heading of the page, without "Lesson 3: "."""
        if self.page.is_file():
            for line in self.page.read_text("utf-8").splitlines():
                if line.startswith("# "):
                    return re.sub(r"^# [^:]*\d+: |^# Challenge[^:]*: |^# ", "", line).strip()
        return self.slug.partition("_")[2].replace("_", " ").capitalize()

    @property
    def learned(self) -> list[str]:
        """What a learner can do after it: the list on the page under "What you will learn"."""
        lines = self.page.read_text("utf-8").splitlines() if self.page.is_file() else []
        start = lines.index(LEARN) + 1 if LEARN in lines else len(lines)
        end = next((n for n in range(start, len(lines)) if lines[n].startswith("#")), len(lines))
        return [line[2:].strip() for line in lines[start:end] if line.startswith("- ")]


def exercises(root: Path = ROOT) -> list[Exercise]:
    """All exercises: lessons by number, then challenges, then the rest."""
    found = [
        Exercise(path.stem.removeprefix("test_"), root) for path in root.glob("checks/test_*.py")
    ]
    return sorted(found, key=lambda exercise: (exercise.number is None, _rank(exercise.slug)))


def _rank(slug: str) -> tuple[int, str]:
    order = ("easy", "intermediate", "expert", "black_belt")
    level = slug.partition("challenge_")[2]
    return (
        order.index(level)
        if level in order
        else len(order)
        if level or slug.startswith("bonus")
        else 0,
        slug,
    )


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
