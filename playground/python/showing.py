"""A Report in the words of the terminal, as the page shows it: `course.harness.rows` as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from course.harness import rows
from course.harness.report import Advice, Check, Report

MAIN = "main.py"


def show(report: str) -> str:
    """What to say of a Report, both as JSON. Nothing of a verdict is worded anywhere else."""
    data = json.loads(report)
    checks = [Check.from_dict(check) for check in data.pop("checks")]
    problem = Check.from_dict(data["problem"]) if data["problem"] else None
    advice = [Advice(**piece) for piece in data.pop("advice")]
    read = Report(**{**data, "problem": problem, "checks": checks, "advice": advice})
    remarks, more = rows.remarks(read, _file)
    first = read.first_failure
    return json.dumps(
        {
            "headline": rows.headline(read),
            "failure": _failure(first) if first else None,
            "notRun": rows.not_run(read),
            "waits": rows.waits(read),
            "remarks": [asdict(remark) for remark in remarks],
            "moreRemarks": more,
        }
    )


def _failure(check: Check) -> dict[str, Any]:
    told = rows.failure(check, _file, lambda check: check.docs or "")
    return {"id": check.id, "title": check.title, "rows": told}


def _file(place: Check | Advice) -> str:
    return place.file or MAIN
