"""A run as its events tell it, and who is to blame when they stop coming."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from course.harness import hung
from course.harness.report import Check, Exchange, Report, apply

Tell = Callable[[Check, str], None]
"""Makes a check the verdict on what ended the run; the text says when, as `hung.WHILE_LOADING`."""


class Followed:
    """What is known so far. One run may need several processes, one after the other."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.answered: dict[str, str] = {}
        """The status of each check that has a verdict, by its name."""
        self._current: str | None = None
        self._exchange: Exchange | None = None

    def begin(self) -> None:
        """Another process goes on with the run."""
        self._current, self._exchange = None, None

    def hear(self, event: dict[str, Any]) -> None:
        """Take in one event. Raises KeyError or TypeError when `run` does not emit such a one."""
        match event["event"]:
            case "load" | "start":
                self._current, self._exchange = event.get("id"), None
            case "request":
                self._exchange = Exchange(**event["exchange"])
            case "result":
                self.answered[event["check"]["id"]] = event["check"]["status"]
            case "collected" if self.report.checks:
                return  # a second process lists them again
        apply(self.report, event)

    @property
    def unanswered(self) -> list[Check]:
        return [check for check in self.report.checks if check.id not in self.answered]

    def blame(self, tell: Tell, late: bool = False) -> Check:
        """Give its verdict to whatever was running; return it.

        A check that has failed already keeps its own. `late` says that the time of the whole run
        is over: somebody must be named, and the others have no verdict.
        """
        guilty = self.report.check(self._current or "")
        if guilty is None and (self.answered or late) and self.unanswered:
            guilty = self.unanswered[0]
        if guilty is None:
            self.report.problem = guilty = hung.not_loaded()
            self._told(guilty, tell, hung.WHILE_LOADING)
            return guilty
        stopping = guilty.id in self.answered
        if not stopping or guilty.status == "pass":
            self._told(guilty, tell, hung.WHILE_STOPPING if stopping else "")
        self.answered[guilty.id] = guilty.status
        return guilty

    def give_up(self, seconds: float) -> None:
        """There is no time left for what has no verdict."""
        for check in self.unanswered:
            check.message = hung.not_reached(seconds)
            self.answered[check.id] = check.status

    def _told(self, check: Check, tell: Tell, when: str) -> None:
        tell(check, when)
        check.exchanges = [self._exchange] if self._exchange else []
