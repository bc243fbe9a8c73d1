"""Notices work that blocks the event loop, on which every other request waits meanwhile."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
TICK = 0.005  # seconds between two beats of the heart


def on_the_loop() -> bool:
    """Whether whoever calls this holds up an event loop: in a thread, no loop is running."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@dataclass
class LoopProbe:
    """Remembers of each call of a blocking function whether it was made on the event loop."""

    calls: list[tuple[str, bool]] = field(default_factory=list)

    def watch(self, function: F) -> F:
        """The same function, remembered."""

        @functools.wraps(function)
        def watched(*arguments: Any, **named: Any) -> Any:
            self.calls.append((function.__name__, on_the_loop()))
            return function(*arguments, **named)

        return watched  # type: ignore[return-value]

    @property
    def blocked(self) -> list[str]:
        """The functions that were called on the loop."""
        return [name for name, on_loop in self.calls if on_loop]


@dataclass
class Heartbeat:
    """The longest time, in seconds, for which the loop did nothing else.

    For code without a seam. A busy machine makes pauses too: ask for 0.3 seconds at least, and
    take the best of three tries.
    """

    longest: float = 0.0
    _last: float = 0.0

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Beat on the running loop meanwhile."""
        self._last = time.monotonic()
        task = asyncio.ensure_future(self._beat())
        try:
            yield
        finally:
            self._note()
            task.cancel()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            self._note()

    def _note(self) -> None:
        now = time.monotonic()
        self.longest = max(self.longest, now - self._last - TICK)
        self._last = now
