"""Turns signals into messages, so that they never interrupt anything half done."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LOOK = 1.0
"""Seconds to wait for a message at a time: Python handles a signal only when it runs some code, and
one that comes just before the wait does not end it.
"""


@dataclass(frozen=True)
class Ended:
    """Somebody wants this process to end, with this status."""

    status: int


@dataclass(frozen=True)
class Resized:
    """The terminal has another size."""


@dataclass(frozen=True)
class Suspended:
    """Ctrl-Z: the shell wants the terminal until `fg`."""


MESSAGES: dict[str, Ended | Resized | Suspended] = {
    "SIGINT": Ended(0),  # the usual way to leave what never ends by itself
    "SIGTERM": Ended(143),
    "SIGHUP": Ended(129),
    "SIGWINCH": Resized(),
    "SIGTSTP": Suspended(),
}


@contextmanager
def told(tell: Callable[[Ended | Resized | Suspended], None], *names: str) -> Iterator[None]:
    """Meanwhile the signals of these names are told, where the system has them."""
    before = []
    for name in names:
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is not signal.SIG_IGN:
            handler = signal.signal(number, lambda *_, name=name: tell(MESSAGES[name]))
            before.append((number, handler))
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
