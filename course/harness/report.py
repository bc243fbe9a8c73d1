"""The Report: plain data, the one format that every surface reads.

Its JSON Schema is `docs/report.schema.json`; `docs/report.md` says it in prose.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["pass", "fail", "error", "skipped"]

Level = Literal["essential", "actionable", "informative", "praise"]

SCHEMA = 1

KINDS = (
    "file-missing",
    "syntax",
    "import",
    "no-app",
    "startup-failed",
    "seam-missing",
    "route-missing",
    "route-shadowed",
    "wrong-method",
    "validation",
    "server-error",
    "response-model",
    "returned-exception",
    "returned-tuple",
    "error-with-200",
    "wrong-status",
    "wrong-body",
    "wrong-header",
    "wrong-openapi",
    "wrong-file",
    "hung",
    "crashed",
    "course-error",
)
"""Every way a check can fail, in the order in which they are looked for."""

TERMINAL_ONLY = "terminal-only"
"""The kind of a check that was skipped because the browser cannot run it. A pass needs no such one."""

PROGRAM_MISSING = "program-missing"
"""The kind of a check that was not run because this machine lacks a program. That is no pass."""

LEVELS: tuple[Level, ...] = ("essential", "actionable", "informative", "praise")
"""How much a piece of advice matters, the most important first."""


@dataclass
class Exchange:
    """One request and what the app said to it. Bodies are JSON values, or text."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    request: Any = None
    status: int | None = None
    response_headers: dict[str, str] = field(default_factory=dict)
    response: Any = None
    curl: str = ""
    seconds: float = 0.0


@dataclass
class Check:
    """The verdict on one check. `file` and `line` point into the learner's code."""

    id: str
    title: str
    status: Status = "skipped"
    kind: str | None = None
    message: str = ""
    expected: str | None = None
    actual: str | None = None
    file: str | None = None
    line: int | None = None
    source: str | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    hints: int = 0
    docs: str | None = None
    seconds: float = 0.0

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Check:
        exchanges = [Exchange(**exchange) for exchange in data.get("exchanges", [])]
        return cls(**{**data, "exchanges": exchanges})


@dataclass
class Advice:
    """A remark on style, or a praise. It never decides anything.

    `kind` is one word for what it is about: remarks of one kind are the same one, in many places.
    """

    level: Level
    text: str
    file: str | None = None
    line: int | None = None
    docs: str | None = None
    kind: str = ""


@dataclass
class Report:
    """All verdicts on one submission. `problem` is set when the file gave no app to check."""

    lesson: str
    title: str
    status: Status = "error"
    problem: Check | None = None
    checks: list[Check] = field(default_factory=list)
    output: str = ""
    advice: list[Advice] = field(default_factory=list)
    seconds: float = 0.0
    schema: int = SCHEMA

    @property
    def passed(self) -> list[Check]:
        return [check for check in self.checks if check.status == "pass"]

    @property
    def failures(self) -> list[Check]:
        return [check for check in self.checks if check.status in ("fail", "error")]

    @property
    def first_failure(self) -> Check | None:
        return self.problem or next(iter(self.failures), None)

    @property
    def not_run(self) -> list[Check]:
        """What nobody can know on this machine, because a program is missing."""
        return [check for check in self.checks if check.kind == PROGRAM_MISSING]

    def check(self, id: str) -> Check | None:
        return next((check for check in self.checks if check.id == id), None)

    def conclude(self) -> Report:
        """Set `status` from what is known. Anything unanswered is not a pass.

        Without a pass there is no advice.
        """
        if self.problem or not self.checks:
            self.status = "error"
        elif all(c.status == "pass" or c.kind == TERMINAL_ONLY for c in self.checks):
            self.status = "pass"
        else:
            self.status = "fail"
        if self.status != "pass":
            self.advice = []  # style is for code that works, and praise for it is true only then
        return self

    def as_dict(self) -> dict[str, Any]:
        data = asdict(self)
        return {key: data[key] for key in ORDER}

    def as_json(self) -> str:
        return json.dumps(self.as_dict(), ensure_ascii=False, indent=2)


ORDER = ("schema", "lesson", "title", "status", "problem", "checks", "output", "advice", "seconds")


def apply(report: Report, event: dict[str, Any]) -> None:
    """Add what one event of `run` says to the report.

    Raises KeyError or TypeError when the event does not have the form that `run` emits.
    """
    match event["event"]:
        case "collected":
            report.checks = [Check.from_dict(check) for check in event["checks"]]
        case "problem":
            report.problem = Check.from_dict(event["check"])
        case "result":
            verdict = Check.from_dict(event["check"])
            report.checks = [verdict if c.id == verdict.id else c for c in report.checks]
        case "advice":
            report.advice = [Advice(**advice) for advice in event["advice"]]


def compact(value: Any) -> str:
    """A body as one line of JSON; text stays text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_curl(method: str, url: str, headers: dict[str, str], body: str | None) -> str:
    """The same request as a command to paste into a shell.

    A token is left out: it was made for the users and the key of this run.
    """
    words = ["curl", "-i"]
    if method != ("GET" if body is None else "POST"):
        words += ["-X", method]
    for name, value in headers.items():
        words += ["-H", f"{name}: {TOKEN.sub('$TOKEN', value)}"]
    if body is not None:
        words += ["-d", body]
    # In single quotes, a shell would not put the token in.
    return re.sub(r"'([^']*\$TOKEN)'", r'"\1"', shlex.join([*words, url]))


TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
"""A JWT: its header, a JSON object, begins so in base64."""
