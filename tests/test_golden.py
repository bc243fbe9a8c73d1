"""What the learner reads, word for word: one wrong submission for each kind of failure.

`make golden` writes the files again; read their diff before you commit it.
"""

import json
import os
from pathlib import Path

import jsonschema
import pytest

from course.author import NOT_TRIGGERED
from course.catalogue import ROOT, exercises
from course.harness.report import KINDS, Report
from course.message import as_text
from course.pool import Job, run_all
from course.submissions import submissions
from course.verify import LIMITS

GOLDEN = Path(__file__).with_name("golden")
SCHEMA = json.loads((ROOT / "docs/report.schema.json").read_text("utf-8"))
WRONG = [s for e in exercises() for s in submissions(e) if s.role == "wrong"]
FIRST = {
    kind: next(s for s in WRONG if s.says("kind") == kind)
    for kind in KINDS
    if kind not in NOT_TRIGGERED
}


@pytest.fixture(scope="session")
def reports() -> dict[str, Report]:
    jobs = [Job(kind, one.exercise, one.path) for kind, one in FIRST.items()]
    return {job.key: report for job, report in run_all(jobs, LIMITS, seed="golden")}


@pytest.mark.parametrize("kind", FIRST)
def test_each_kind_reads_as_agreed(kind, reports):
    report = without_times(reports[kind])
    jsonschema.validate(report.as_dict(), SCHEMA)
    compare(GOLDEN / f"{kind}.txt", as_text(report, FIRST[kind].exercise))
    compare(GOLDEN / f"{kind}.json", report.as_json() + "\n")


def test_there_is_no_golden_file_of_a_kind_that_is_gone():
    assert {path.stem for path in GOLDEN.iterdir()} <= set(KINDS)


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
