"""Proves that the checks are right: `python -m course verify`.

Every function returns the faults it has found, as sentences; none is a pass.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from course import message
from course.catalogue import LEARN, ROOT, Exercise, Kind
from course.checkfile import checks, marks
from course.harness.report import KINDS, Report
from course.reset import same
from course.submissions import Role, Submission, disagreement, submissions

SCHEMA = ROOT / "docs/report.schema.json"
MOST_HINTS = 4
FEWEST: dict[Kind, dict[Role, int]] = {
    "lesson": {"right": 6, "wrong": 12},
    "challenge": {"right": 4, "wrong": 10},
    "bonus": {"right": 5, "wrong": 12},
    "drill": {"right": 2, "wrong": 3},
}
NOT_TRIGGERED = {
    "course-error"
}  # it means a fault of the course, and verify is there to find those


def every_submission_behaves(ran: Iterable[tuple[Submission, Report]]) -> list[str]:
    """Starters fail, solutions and right ones pass, wrong ones fail as they say."""
    return [
        f"{submission.name}: {fault}"
        for submission, report in ran
        if (fault := disagreement(submission, report))
    ]


def every_message_reads_well(ran: Iterable[tuple[Submission, Report]]) -> list[str]:
    """The message lint, over the wrong submissions."""
    return [
        f"{submission.name}: {fault}"
        for submission, report in ran
        if submission.role == "wrong"
        for fault in message.faults(report, submission.exercise)
    ]


def every_report_fits_its_schema(ran: Iterable[tuple[Submission, Report]]) -> list[str]:
    """What other programs are promised, docs/report.schema.json."""
    try:
        from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
    except ImportError:
        return ["jsonschema, which authors have, is not installed here: make verify installs it"]
    validator = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    return [
        f"{submission.name}: its Report does not fit {SCHEMA.name}: {error.json_path}: {error.message}"
        for submission, report in ran
        for error in validator.iter_errors(report.as_dict())
    ]


def every_check_is_triggered(exercise: Exercise) -> list[str]:
    """Each check is the first to fail for at least one wrong submission."""
    triggered = {s.says("fails") for s in submissions(exercise) if s.role == "wrong"}
    return [
        f"{_name(exercise.checks, exercise)}: no wrong submission fails first at {check.name}"
        for check in checks(exercise.checks)
        if check.name not in triggered
    ]


def every_kind_is_triggered(exercises: Iterable[Exercise]) -> list[str]:
    """Each kind of failure is shown by at least one wrong submission of the course."""
    triggered = {s.says("kind") for e in exercises for s in submissions(e) if s.role == "wrong"}
    missing = [kind for kind in KINDS if kind not in triggered | NOT_TRIGGERED]
    unknown = sorted(triggered - set(KINDS) - {""})
    return [f"No wrong submission triggers the kind {kind}" for kind in missing] + [
        f"A wrong submission names the kind {kind}, which does not exist" for kind in unknown
    ]


def there_are_enough_submissions(exercise: Exercise) -> list[str]:
    found = [submission.role for submission in submissions(exercise)]
    return [
        f"{exercise.slug} has {found.count(role)} {role} submissions, and needs {fewest}"
        for role, fewest in FEWEST[exercise.kind].items()
        if found.count(role) < fewest
    ]


def every_right_one_says_how(exercise: Exercise) -> list[str]:
    return [
        f"{submission.name}: its first line must be a comment that says how it differs"
        for submission in submissions(exercise)
        if submission.role == "right" and not submission.note
    ]


def every_check_is_complete(exercise: Exercise) -> list[str]:
    """Title, hints, section and needs of each check, and a message where one is needed."""
    every = checks(exercise.checks)
    names = [check.name for check in every]
    anchors = _anchors(exercise.page)
    faults = [] if exercise.page.is_file() else [f"{_name(exercise.page, exercise)} is missing"]
    for check in every:
        where = f"{_name(exercise.checks, exercise)}: {check.name}"
        named = marks(check)
        hints = named.get("hints", [])
        if not ast.get_docstring(check):
            faults.append(f"{where} has no docstring, which is its title")
        if not 1 <= len(hints) <= MOST_HINTS:
            faults.append(f"{where} has {len(hints)} hints, and needs one to {MOST_HINTS}")
        for other in named.get("needs", []):
            if other not in names[: names.index(check.name)]:
                faults.append(f"{where} needs {other}, which is no check before it")
        section = named.get("section", [""])[0]
        if anchors and section not in anchors:
            faults.append(f"{where} points to #{section}, which {exercise.page.name} does not have")
        faults += [f"{where}, line {line}: {fault}" for line, fault in _weak_asserts(check)]
    return faults


def there_are_no_strays(exercise: Exercise) -> list[str]:
    """Nothing in the exercise's folders that no one reads."""
    known = {submission.path for submission in submissions(exercise)}
    faults = []
    for role in ("right", "wrong"):
        folder = exercise.submissions / role
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            if path not in known and path.name != "__pycache__":
                faults.append(f"{_name(path, exercise)} is neither a submission nor needed by one")
    for folder in (exercise.folder, exercise.solution):
        if not (folder / "main.py").is_file():
            faults.append(f"{_name(folder / 'main.py', exercise)} is missing")
    return faults


def the_starter_is_kept(exercise: Exercise) -> list[str]:
    """What `reset` brings back is what the lesson ships."""
    if same(exercise.folder, exercise.starter):
        return []
    return [
        f"{_name(exercise.folder, exercise)} is not what reset brings back, "
        f"{_name(exercise.starter, exercise)}: undo the change, or run make starters"
    ]


def the_page_says_what_is_learned(exercise: Exercise) -> list[str]:
    """The list that `progress` shows."""
    if exercise.learned or not exercise.page.is_file():
        return []
    return [f'{_name(exercise.page, exercise)} has no list under "{LEARN}"']


def _weak_asserts(check: ast.FunctionDef) -> Iterator[tuple[int, str]]:
    """Asserts whose two sides alone would not tell a learner what is wrong."""
    for node in ast.walk(check):
        if not isinstance(node, ast.Assert):
            continue
        test = node.test
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            yield node.lineno, "an assert must be one comparison, or there are no two sides to show"
        elif node.msg is None and not _is_of_the_response(test.left):
            yield node.lineno, "an assert on a derived value needs a message"


def _is_of_the_response(left: ast.expr) -> bool:
    """`response.status_code`, `response.headers["x"]`, `response.json()["a"][0]` and the like."""
    while isinstance(left, ast.Subscript):
        left = left.value
    if isinstance(left, ast.Call) and isinstance(left.func, ast.Attribute):
        return left.func.attr in ("json", "get")
    return isinstance(left, ast.Attribute) and left.attr in (
        "status_code",
        "headers",
        "text",
        "content",
    )


def _anchors(page: Path) -> set[str]:
    """The ids of a page's headings, made as MkDocs makes them, or set by {#id}."""
    anchors = {""}
    fenced = False
    for line in page.read_text("utf-8").splitlines() if page.is_file() else []:
        fenced ^= line.startswith("```")
        heading = None if fenced else re.match(r"#{2,4} +(.+?)(?: *\{ *#([\w-]+) *\})? *$", line)
        if heading:
            slug = re.sub(r"[^\w\s-]", "", heading[1].replace("`", "")).strip().lower()
            anchors.add(heading[2] or re.sub(r"[-\s]+", "-", slug))
    return anchors


def _name(path: Path, exercise: Exercise) -> str:
    return path.relative_to(exercise.root).as_posix()
