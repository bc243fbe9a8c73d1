"""Starts and stops an app as a server does.

The rules are those of the ASGI specification, "Lifespan Protocol".
"""

from __future__ import annotations

import asyncio
from typing import Any


class StartupFailed(Exception):
    """The app raised, or said so itself, before it was ready. `__cause__` is its exception."""


class ShutdownFailed(Exception):
    """The app raised after it was told to stop. `__cause__` is its exception."""


class Lifespan:
    """One run of an app's lifespan. `state` is what it yields, as requests will see it."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.state: dict[str, Any] = {}
        self._error: BaseException | None = None
        self._to_app: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._answered = asyncio.Event()

    async def startup(self) -> None:
        """Raises StartupFailed."""
        self._task = asyncio.create_task(self._run())
        await self._ask("lifespan.startup")
        if self._error:
            raise StartupFailed from self._error

    async def shutdown(self) -> None:
        """Raises ShutdownFailed."""
        await self._ask("lifespan.shutdown")
        await self._task
        if self._error:
            raise ShutdownFailed from self._error

    async def _ask(self, question: str) -> None:
        """Send a message and wait for the answer to it, or for the end of the app."""
        self._answered.clear()
        self._to_app.put_nowait({"type": question})
        answer = asyncio.create_task(self._answered.wait())
        await asyncio.wait({self._task, answer}, return_when=asyncio.FIRST_COMPLETED)
        answer.cancel()

    async def _run(self) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        try:
            await self._app(scope, self._to_app.get, self._send)
        except BaseException as error:  # CancelledError too, when the app raises it
            self._error = error

    async def _send(self, message: dict[str, Any]) -> None:
        # After "…failed" the app raises, and only the exception says why: wait for that.
        if message["type"].endswith(".complete"):
            self._answered.set()
