"""What the learner reads, word for word: one wrong submission for each kind of failure.

`make golden` writes the files again; read their diff before you commit it. The message lint runs
over every wrong submission of the course.
"""

import io
import json
import os
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from course import terminal
from course.author import NOT_TRIGGERED
from course.catalogue import ROOT, exercises
from course.harness.report import KINDS, Report
from course.pool import Job, run_all
from course.submissions import Submission, submissions
from course.verify import LIMITS

GOLDEN = Path(__file__).with_name("golden")
SCHEMA = json.loads((ROOT / "docs/report.schema.json").read_text("utf-8"))
WRONG = [s for e in exercises() for s in submissions(e) if s.role == "wrong"]
MOST_LINES = 12  # without the last one, which names the command for a hint


@pytest.fixture(scope="session")
def reports() -> dict[Submission, Report]:
    jobs = [Job(submission, submission.exercise, submission.path) for submission in WRONG]
    return {job.key: report for job, report in run_all(jobs, LIMITS, seed="golden")}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in NOT_TRIGGERED])
def test_each_kind_reads_as_agreed(kind, reports):
    submission = next(s for s in WRONG if s.says("kind") == kind)
    report = without_times(reports[submission])
    compare(GOLDEN / f"{kind}.txt", as_text(submission, report))
    compare(GOLDEN / f"{kind}.json", report.as_json() + "\n")


def test_there_is_no_golden_file_of_a_kind_that_is_gone():
    assert {path.stem for path in GOLDEN.iterdir()} <= set(KINDS)


@pytest.mark.parametrize("submission", WRONG, ids=lambda s: f"{s.exercise.slug}/{s.path.stem}")
def test_each_report_fits_the_schema_and_the_message_lint(submission, reports):
    report = reports[submission]
    jsonschema.validate(report.as_dict(), SCHEMA)
    failure = report.first_failure
    assert failure is not None
    text = as_text(submission, report)
    block = [line for line in shown(text) if not line.startswith("      Hint ")]
    assert len(block) <= MOST_LINES, text
    assert failure.message, "a learner must be told why"
    assert "Expected" in text
    assert "Your app" in text
    assert failure.expected != failure.actual
    for word in ("assert ", "site-packages", "starlette/", "_pytest", "course/", "test_0", "/tmp"):
        assert word not in text, word


def shown(text: str) -> list[str]:
    """The lines of the failure that is shown in full."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if "✗" in line)
    end = next((i for i, line in enumerate(lines) if i > start and not line.strip()), len(lines))
    return lines[start:end]


def as_text(submission: Submission, report: Report) -> str:
    out = io.StringIO()
    console = Console(file=out, width=80, color_system=None, highlight=False)
    exercise = submission.exercise
    terminal.show(report, console, exercise, Path("lessons") / exercise.slug)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def without_times(report: Report) -> Report:
    report.seconds = 0.0
    for check in [*report.checks, *([report.problem] if report.problem else [])]:
        check.seconds = 0.0
        for exchange in check.exchanges:
            exchange.seconds = 0.0
    return report


def compare(path: Path, text: str) -> None:
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
