"""What to run: plain data, so that the parent need not import what runs it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Request:
    """The check file, the folder with main.py, and how.

    `done` maps checks that already have a verdict to their status; they are not run again.
    `stop` ends the run at the first failure. `environment` is added to the child's.
    """

    slug: str
    checks: str
    folder: str
    seed: str = "0"
    done: dict[str, str] = field(default_factory=dict)
    stop: bool = False
    environment: dict[str, str] = field(default_factory=dict)
