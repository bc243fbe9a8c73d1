"""Checks a submission in this process: what `course.runner` does where there are processes.

The harness and the checks are the terminal's own. Here is only what stands around them: a folder,
the streams, and the order afterwards.
"""

from __future__ import annotations

import gc
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import threadless
from staging import COURSE, inside, lay_out_files, output_of, put_back

from course.harness import hung
from course.harness.report import Check, Exchange, Report, apply
from course.harness.request import Request
from course.harness.run import run

Event = dict[str, Any]
Tell = Callable[[str], object]

threadless.install()
gc.freeze()  # what is imported by now stays: collecting garbage need not look at it


@dataclass
class Asked:
    """What the page asks for.

    `heard` are the events of a run that was stopped after `seconds` without an answer: what was
    running then gets its verdict, and the rest is run, if it is not too late for that.
    """

    slug: str
    title: str
    files: dict[str, str]
    seed: str
    heard: list[Event] = field(default_factory=list)
    seconds: float = 0.0
    late: bool = False


LONGEST = 60  # seconds for a whole run, as in the terminal


def check(request: str, tell: Tell = lambda event: None) -> str:
    """The Report, as JSON, on an `Asked` as JSON. Each event of the run is told, as JSON, too."""
    asked = Asked(**json.loads(request))
    report = Report(asked.slug, asked.title)
    codes: list[int] = []

    def emit(event: Event) -> None:
        if event["event"] != "collected" or not report.checks:
            apply(report, event)
        if event["event"] == "end":
            codes.append(event["code"])
        tell(json.dumps(event, default=str))

    answered = _blame(report, asked) if asked.heard else {}
    if asked.late:
        for other in report.checks:
            if other.id not in answered:
                other.message = hung.not_reached(LONGEST)
    elif not report.problem:
        report.output = _run(asked, answered, emit)
        # pytest says 0 or 1 when it came to the end of its list, and 5 when that was empty.
        if codes not in ([0], [1]) and not (answered and codes == [5]):
            raise RuntimeError(
                f"The checks of {asked.slug} did not come to their end.\n{report.output}"
            )
    return json.dumps(report.conclude().as_dict())


def _run(asked: Asked, answered: dict[str, str], emit: Callable[[Event], None]) -> str:
    """Run what has no verdict yet; what was printed."""
    checks = COURSE / "checks" / f"test_{asked.slug}.py"
    with tempfile.TemporaryDirectory(prefix="course-") as home:
        folder = lay_out_files(Path(home).resolve(), asked.slug, asked.files)
        with output_of(folder) as printed, put_back(), inside(folder):
            run(Request(asked.slug, str(checks), str(folder), asked.seed, answered), emit)
        return printed()


def _blame(report: Report, asked: Asked) -> dict[str, str]:
    """Take in what was heard, and give its verdict to what was running; all verdicts by name."""
    answered: dict[str, str] = {}
    guilty, exchange = hung.not_loaded(), None
    for event in asked.heard:
        apply(report, event)
        if event["event"] == "start":
            guilty, exchange = report.check(event["id"]) or Check(**event), None
        elif event["event"] == "request":
            exchange = Exchange(**event["exchange"])
        elif event["event"] == "result":
            answered[event["check"]["id"]] = event["check"]["status"]
    loading = guilty.id == "load"
    hung.tell(guilty, asked.seconds, hung.no_answer(hung.WHILE_LOADING if loading else ""))
    guilty.exchanges = [exchange] if exchange else []
    if loading:
        report.problem = guilty
    answered[guilty.id] = guilty.status
    return answered
