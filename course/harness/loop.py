"""An event loop that runs while somebody waits for a result, and rests in between."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Self

import anyio


class Loop:
    """Runs coroutines one after the other, each in a task and a context of its own.

    All these tasks live beneath one that lasts as long as the loop. anyio keeps the worker threads
    of `def` endpoints for as long as the topmost task: one for each request would mean a new
    thread for each request, which costs more than all the rest of it.
    """

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        self._loop = self._runner.get_loop()
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        self._parent = self._loop.create_task(self._work())
        return self

    def __exit__(self, *exception: object) -> None:
        """Cancel what still runs, and close the loop."""
        self._runner.close()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """The coroutine's result. Raises what it raises, SystemExit and KeyboardInterrupt too."""
        result = self._loop.create_future()
        result.add_done_callback(lambda _: self._loop.stop())
        self._jobs.put_nowait((coroutine, result))
        self._loop.run_forever()
        if not result.done():
            raise RuntimeError("the event loop was stopped from inside")
        return result.result()

    async def _work(self) -> None:
        async with anyio.create_task_group() as group:
            while True:
                group.start_soon(_finish, *await self._jobs.get())


_Job = tuple[Coroutine[Any, Any, Any], "asyncio.Future[Any]"]


async def _finish(coroutine: Coroutine[Any, Any, Any], result: asyncio.Future[Any]) -> None:
    try:
        value = await coroutine
    except BaseException as error:
        # An exception let out here would end the task group, and with it the whole loop.
        if not result.cancelled():
            result.set_exception(error)
    else:
        result.set_result(value)
