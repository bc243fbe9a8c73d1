"""What one run of the checks shares between the plugin, the fixtures and the explanations."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from course.harness.client import Api, Recorded
from course.harness.failure import Comparison
from course.harness.guard import Guard
from course.harness.lifespan import ShutdownFailed
from course.harness.load import Loaded
from course.harness.report import Check, Exchange

T = TypeVar("T")
Emit = Callable[[dict[str, Any]], None]


@dataclass
class Session:
    """One run. `folder` is the learner's; `done` are verdicts of an earlier, broken-off run."""

    folder: Path
    slug: str
    seed: str = "0"
    emit: Emit = lambda event: None
    done: dict[str, str] = field(default_factory=dict)
    guard: Guard = field(default_factory=Guard)
    """What the checks rely on, as it was before any of the learner's code ran."""
    wait: Callable[[], object] = lambda: None
    """Called when the checks are read, before any file of the submission is."""
    files: dict[Path, bytes] = field(default_factory=dict)
    """The learner's files before any of their code ran."""
    loaded: Loaded | None = None
    shared: Api | None = None
    """The running app of the checks that share one; `loaded` is its import."""
    kept: dict[object, Any] = field(default_factory=dict)
    running: ExitStack = field(default_factory=ExitStack)
    problem: Check | None = None
    exchanges: list[Recorded] = field(default_factory=list)
    comparison: Comparison | None = None

    @property
    def package(self) -> str:
        """The package name under which the learner's modules are imported."""
        return f"lesson_{self.slug}"

    def keep(self, make: Callable[[], AbstractContextManager[T]]) -> T:
        """What `make()` gives, the same for all who ask until the shared app has stopped."""
        if make not in self.kept:
            self.kept[make] = self.running.enter_context(make())
        kept: T = self.kept[make]
        return kept

    def close_shared(self) -> None:
        """Stop the shared app. That it stops without an error has been seen before the checks."""
        self.shared = None
        self.kept.clear()
        with suppress(ShutdownFailed):
            self.running.close()

    def on_request(self, exchange: Exchange) -> None:
        """Tell the outside what is about to be sent, in case nothing comes back."""
        self.emit({"event": "request", "exchange": vars(exchange)})


KEY = pytest.StashKey[Session]()


def session_of(config: pytest.Config) -> Session:
    return config.stash[KEY]
