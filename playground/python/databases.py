"""Lets SQLAlchemy's asyncio and aiosqlite run where there are no threads and no greenlets.

Nothing waits here: sqlite3 answers at once. So what a thread would do is done on the spot, and a
greenlet that would hand an awaitable to the event loop finishes it by itself. What is lost: two
calls of a database never overlap, so a race between requests cannot show.

`greenlet` is what sqlalchemy.util.concurrency uses of the package of that name; the names of
aiosqlite's that are replaced are pinned by wheels.lock.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Awaitable, Callable
from typing import Any

import threadless


class WouldWait(RuntimeError):
    """Inside a call of a database something is awaited that is not there yet."""


class greenlet:  # noqa: N801  the name that is imported
    """A function that may ask its parent to await something, and is then given the result.

    It runs to its end at the first `switch`. When it has asked for anything, that switch returns
    an awaitable, as if the first thing it asked for were still to be awaited, and the next switch
    returns the result: SQLAlchemy wants to see that there was something to await.
    """

    def __init__(
        self, run: Callable[..., Any] | None = None, parent: greenlet | None = None
    ) -> None:
        self.run, self.parent = run, parent
        self.dead = False
        self._ended = self._asked = False
        self._result: Any = None
        self._error: BaseException | None = None

    def switch(self, *arguments: Any, **named: Any) -> Any:
        if _running and _running[-1].parent is self:
            return _await_for(_running[-1], arguments[0])
        if not self._ended:
            self._run_to_the_end(arguments, named)
            if self._asked:
                return _nothing()
        self.dead = True
        if self._error:
            raise self._error
        return self._result

    def throw(self, kind: object, error: BaseException | None = None, *_: object) -> Any:
        self.dead = True
        raise error if error else WouldWait(str(kind))

    def _run_to_the_end(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        assert self.run
        self._ended = True
        _running.append(self)
        try:
            self._result = self.run(*arguments, **named)
        except BaseException as error:
            self._error = error
        finally:
            _running.pop()


_main = greenlet()
_running: list[greenlet] = []


def getcurrent() -> greenlet:
    return _running[-1] if _running else _main


async def _nothing() -> None:
    """What there is to await when everything has been done."""


def _await_for(child: greenlet, awaitable: Awaitable[Any]) -> Any:
    """The awaitable's result, at once. Raises WouldWait."""
    child._asked = True
    _running.remove(child)  # what is awaited is not part of it
    try:
        steps = awaitable.__await__()
        while next(steps) is None:  # asyncio.sleep(0): somebody else may run, and nobody is there
            pass
    except StopIteration as end:
        return end.value
    finally:
        _running.append(child)
    raise WouldWait("a call of the database waits for something else, which cannot come here")


class _NoThread:
    """In the place of a connection's thread."""

    def __init__(self, *arguments: object, **named: object) -> None: ...

    def start(self) -> None: ...


class _AtOnce:
    """In the place of the queue to a connection's thread: what is put in is done."""

    def put_nowait(self, item: tuple[Any, Callable[[], Any]]) -> None:
        future, function = item
        try:
            with threadless.outside_any_loop():
                result = function()
        except BaseException as error:
            if future and not future.done():
                future.set_exception(error)
        else:
            if future and not future.done():
                future.set_result(result)


def install() -> None:
    """Put all this in place, once, before anything imports SQLAlchemy."""
    module = types.ModuleType("greenlet")
    vars(module).update(greenlet=greenlet, getcurrent=getcurrent, __version__="3.5")
    sys.modules["greenlet"] = module
    import aiosqlite.core

    aiosqlite.core.Thread = _NoThread  # type: ignore[misc, assignment]
    aiosqlite.core.SimpleQueue = _AtOnce  # type: ignore[misc, assignment]
