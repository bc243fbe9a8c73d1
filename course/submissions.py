"""The known submissions of an exercise: what each one is, and what must come of it.

A wrong one says so in its first lines:

    # fails: test_featured_comes_before_the_id_route
    # kind: route-shadowed
    # says: declared before /products/featured

A right one says in its first line in what way it is another solution: `# Literal, not an Enum.`

A folder without a main.py says all that in `expect.txt`. There, `# over: solution` means that the
files which are not in the folder are those of the solution.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from course.catalogue import Exercise
from course.harness.report import Report
from course.harness.workspace import MAIN

Role = Literal["starter", "solution", "right", "wrong"]

STOPPED = ("starter", "wrong")  # at the first failure, which says all that is asked of them


@dataclass(frozen=True)
class Submission:
    """`path` is a folder with a main.py or a file that stands for it."""

    exercise: Exercise
    role: Role
    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(self.exercise.root))

    @property
    def main(self) -> Path:
        return self.path / MAIN if self.path.is_dir() else self.path

    @property
    def note(self) -> str:
        """The comment in the first line."""
        first = self._head()[:1]
        return first[0].removeprefix("#").strip() if first else ""

    def says(self, key: str) -> str:
        """The text after `# key:` in the first lines, "" without it."""
        for line in self._head():
            name, colon, text = line.removeprefix("#").partition(":")
            if colon and name.strip() == key:
                return text.strip()
        return ""

    def _head(self) -> list[str]:
        """The comment lines at the top. A folder without a main.py has them in `expect.txt`."""
        file = self.main if self.main.is_file() else self.path / "expect.txt"
        lines = file.read_text("utf-8", "replace").splitlines() if file.is_file() else []
        end = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
        return lines[:end]


def layers(exercise: Exercise, path: Path) -> list[Path]:
    """The folders, or the file, that a submission is laid out of, one over the other."""
    within = path.resolve().is_relative_to(exercise.submissions.resolve())
    if within and Submission(exercise, "wrong", path).says("over") == "solution":
        return [exercise.solution, path]
    return [path]


def submissions(exercise: Exercise) -> list[Submission]:
    """Starter, solution, and all that stands under tests/submissions."""
    found = [
        Submission(exercise, "starter", exercise.starter),
        Submission(exercise, "solution", exercise.solution),
    ]
    for role in ("right", "wrong"):
        folder = exercise.submissions / role
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            if path.suffix == ".py" or (path.is_dir() and not path.name.startswith("__")):
                found.append(Submission(exercise, role, path))
    return found


def disagreement(submission: Submission, report: Report) -> str | None:
    """What is not as it must be, None when all is."""
    if submission.role in ("solution", "right"):
        return None if report.status == "pass" else f"must pass, but {_first(report)}"
    if submission.role == "starter":
        return (
            None
            if report.status == "fail"
            else f"must load and fail, but its status is {report.status}: {_first(report)}"
        )
    failure = report.first_failure
    if report.status == "pass" or failure is None:
        return "must fail, and passes"
    wanted = {key: submission.says(key) for key in ("fails", "kind", "says")}
    if missing := [key for key, text in wanted.items() if not text]:
        return f"its first lines do not say `# {missing[0]}: …`"
    if (failure.id, failure.kind) != (wanted["fails"], wanted["kind"]):
        return f"must fail at {wanted['fails']} with {wanted['kind']}, but {_first(report)}"
    if wanted["says"] not in " ".join(failure.message.split()):
        return f"its message must say {wanted['says']!r}, and says {failure.message!r}"
    return None


def _first(report: Report) -> str:
    failure = report.first_failure
    if failure is None:
        return f"its status is {report.status}"
    sides = f"expected {failure.expected}, got {failure.actual}"
    return f"fails at {failure.id} with {failure.kind}: {sides}. {failure.message}"
