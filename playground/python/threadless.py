"""Runs FastAPI where there are no threads, sockets or processes: in Pyodide.

A `def` endpoint belongs into a worker thread, and an event loop waits on a selector. Pyodide has
neither, and its own loop can only wait by giving control back to JavaScript, which pytest cannot
do. So here a thread's work is done on the spot, and a loop that waits only for the clock is driven
to its end. What is lost: two `def` endpoints never run at the same time.

The names with an underscore belong to asyncio and anyio; both are pinned, asyncio by the version
of Pyodide and anyio by wheels.lock.
"""

from __future__ import annotations

import asyncio
import socket
import time
from asyncio import events, runners, tasks
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any

from anyio import CapacityLimiter
from anyio._backends._asyncio import AsyncIOBackend


class NeverReady(RuntimeError):
    """A loop has nothing left to run, so what is awaited can never come."""


class Loop(asyncio.BaseEventLoop):
    """asyncio's own loop, with the clock as its only source of events."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Clock()

    def run_in_executor(
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """`asyncio.to_thread` comes here too."""
        future = self.create_future()
        try:
            with outside_any_loop():
                future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """There is no executor."""

    def _process_events(self, event_list: list[Any]) -> None:
        """The clock has no events: timers are BaseEventLoop's own business."""

    def _write_to_self(self) -> None:
        """Wakes a selector from another thread, and there is none."""


class _Clock:
    """Stands where a selector stands: it waits, and reports that no file is ready."""

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise NeverReady("nothing is left to run: this await can never end")
        if timeout > 0:
            time.sleep(timeout)
        return []


class _Policy(events._BaseDefaultEventLoopPolicy):  # type: ignore[name-defined, misc]
    _loop_factory = Loop


@contextmanager
def outside_any_loop() -> Iterator[None]:
    """No loop is running inside, as in a new thread.

    Pyodide keeps its own loop set as the running one for ever, and a `def` endpoint may call
    `asyncio.run`.
    """
    loop = events._get_running_loop()
    task = tasks.current_task(loop) if loop else None
    if task:
        tasks._leave_task(loop, task)
    events._set_running_loop(None)
    try:
        yield
    finally:
        events._set_running_loop(loop)
        if task:
            tasks._enter_task(loop, task)


async def _run_sync_inline(
    cls: type[AsyncIOBackend],
    func: Callable[..., Any],
    args: tuple[Any, ...],
    abandon_on_cancel: bool = False,
    limiter: CapacityLimiter | None = None,
) -> Any:
    """What Starlette and FastAPI call for every `def` endpoint, dependency and background task.

    It lets others run first and keeps to the limiter, as the original does.
    """
    await cls.checkpoint()
    async with limiter or cls.current_default_thread_limiter():
        with outside_any_loop():
            return copy_context().run(func, *args)


def _no_server(self: socket.socket, backlog: int = 0) -> None:
    """What `uvicorn.run` comes to; Pyodide itself would end here, for good."""
    raise RuntimeError(
        "a browser can start no server, and the checks need none. Put the call under "
        'if __name__ == "__main__":'
    )


def install() -> None:
    """Put all this in place, once, before the first app runs."""
    events._set_event_loop_policy(_Policy())
    AsyncIOBackend.run_sync_in_worker_thread = classmethod(_run_sync_inline)  # type: ignore
    socket.socket.listen = _no_server  # type: ignore[method-assign]
    # Pyodide has replaced both, to wait by way of JavaScript where the browser can.
    asyncio.run = runners.run
    time.sleep = getattr(time.sleep, "__wrapped__", time.sleep)
