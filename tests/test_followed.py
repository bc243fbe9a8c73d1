"""Who is to blame when the events of a run stop coming, in the terminal and in the browser."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from course.harness import hung
from course.harness.followed import Followed
from course.harness.report import Check, Report

Event = dict[str, Any]
COLLECTED: Event = {
    "event": "collected",
    "checks": [asdict(Check(id, f"GET /{id}")) for id in ("one", "two", "three")],
}
LOAD: Event = {"event": "load"}


def start(id: str) -> Event:
    return {"event": "start", "id": id}


def result(id: str, status: Any = "pass") -> Event:
    return {"event": "result", "check": asdict(Check(id, f"GET /{id}", status))}


def followed(*events: Event) -> Followed:
    found = Followed(Report("01_routing", "Routing"))
    found.begin()
    for event in events:
        found.hear(event)
    return found


def tell(check: Check, when: str) -> None:
    hung.tell(check, 5, f"It hangs{when}.")


def test_the_check_that_has_started_is_to_blame() -> None:
    run = followed(COLLECTED, LOAD, start("one"), result("one"), start("two"))
    run.hear({"event": "request", "exchange": {"method": "GET", "url": "/two"}})
    guilty = run.blame(tell)
    assert (guilty.id, guilty.kind, guilty.exchanges[0].url) == ("two", "hung", "/two")
    assert run.answered == {"one": "pass", "two": "fail"}
    assert [check.id for check in run.unanswered] == ["three"]


def test_before_the_first_check_the_whole_file_is_to_blame() -> None:
    run = followed(COLLECTED, LOAD)
    assert run.blame(tell) is run.report.problem
    assert "being imported" in run.report.problem.message


def test_in_a_second_process_it_is_the_next_check() -> None:
    """The file could be imported once, so it is not said that it cannot."""
    run = followed(COLLECTED, LOAD, start("one"), result("one"), COLLECTED, LOAD)
    assert run.blame(tell).id == "two"
    assert run.report.check("one").status == "pass"
    assert run.report.problem is None


def test_the_first_one_keeps_its_verdict_when_a_second_hangs() -> None:
    run = followed(COLLECTED, LOAD, start("one"))
    run.blame(tell)
    for event in (COLLECTED, LOAD, start("two")):
        run.hear(event)
    run.blame(tell)
    assert [check.status for check in run.report.checks] == ["fail", "fail", "skipped"]


def test_a_hang_after_a_pass_takes_the_pass_away() -> None:
    run = followed(COLLECTED, LOAD, start("one"), result("one"))
    assert "while the app was being stopped" in run.blame(tell).message
    assert run.answered == {"one": "fail"}


def test_a_hang_after_a_failure_changes_nothing() -> None:
    failed = result("one", "fail")
    failed["check"]["message"] = "The list is empty."
    run = followed(COLLECTED, LOAD, start("one"), failed)
    assert run.blame(tell).message == "The list is empty."


def test_when_the_time_is_over_the_rest_has_no_verdict() -> None:
    run = followed(COLLECTED, LOAD, start("one"))
    run.blame(tell, late=True)
    run.give_up(60)
    assert not run.unanswered
    assert "more than 60 s" in run.report.check("three").message
