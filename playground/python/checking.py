"""Checks a submission in this process: what `course.runner` does where there are processes.

The harness and the checks are the terminal's own. Here is only what stands around them: a folder,
the streams, and the order afterwards.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import threadless
from staging import COURSE, inside, lay_out_files, output_of, put_back

from course.harness import hung
from course.harness.followed import Followed
from course.harness.report import Report
from course.harness.request import Request
from course.harness.run import run

Event = dict[str, Any]
Tell = Callable[[str], object]

threadless.install()
sys.dont_write_bytecode = False  # pytest rewrites a file of checks once, and keeps what it has made
gc.freeze()  # what is imported by now stays: collecting garbage need not look at it


@dataclass
class Asked:
    """What the page asks for.

    `heard` are the events of a run that was stopped after `seconds` without an answer: what was
    running then gets its verdict, and the rest is run, if it is not too late for that. What has
    `passed` elsewhere is not run here.
    """

    slug: str
    title: str
    files: dict[str, str]
    seed: str
    heard: list[Event] = field(default_factory=list)
    seconds: float = 0.0
    late: bool = False
    stop: bool = False  # at the first failure
    passed: list[str] = field(default_factory=list)


LONGEST = 60  # seconds for a whole run, as in the terminal


def check(request: str, tell: Tell = lambda event: None) -> str:
    """The Report, as JSON, on an `Asked` as JSON. Each event of the run is told, as JSON, too."""
    asked = Asked(**json.loads(request))
    followed = Followed(Report(asked.slug, asked.title))
    report, codes = followed.report, []

    def emit(event: Event) -> None:
        followed.hear(event)
        if event["event"] == "end":
            codes.append(event["code"])
        tell(json.dumps(event, default=str))

    if asked.heard:
        _blame(followed, asked, emit)
    known = {**dict.fromkeys(asked.passed, "pass"), **followed.answered}
    if asked.late and not report.problem:
        followed.give_up(LONGEST)
    elif not report.problem:
        report.output = _run(asked, known, emit)
        # pytest says 0 or 1 when it came to the end of its list, and 5 when that was empty.
        if codes not in ([0], [1]) and not (known and codes == [5]):
            raise RuntimeError(
                f"The checks of {asked.slug} did not come to their end.\n{report.output}"
            )
    return json.dumps(report.conclude().as_dict())


def _blame(followed: Followed, asked: Asked, emit: Callable[[Event], None]) -> None:
    """Take in what was heard, and give its verdict to what was running.

    The page hears of that verdict, and knows it when it has to stop another check of this run.
    """
    for event in asked.heard:
        followed.hear(event)
    guilty = followed.blame(
        lambda check, when: hung.tell(check, asked.seconds, hung.no_answer(when)), asked.late
    )
    if not followed.report.problem:
        emit({"event": "result", "check": asdict(guilty)})


def _run(asked: Asked, answered: dict[str, str], emit: Callable[[Event], None]) -> str:
    """Run what has no verdict yet; what was printed."""
    checks = COURSE / "checks" / f"test_{asked.slug}.py"
    with tempfile.TemporaryDirectory(prefix="course-") as home:
        folder = lay_out_files(Path(home).resolve(), asked.slug, asked.files)
        request = Request(asked.slug, str(checks), str(folder), asked.seed, answered, asked.stop)
        with output_of(folder) as printed, put_back(), inside(folder):
            run(request, emit)
        return printed()
