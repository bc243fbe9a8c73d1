"""Reads single keys from the terminal, and leaves the terminal as it was."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

LOOK = 0.05  # seconds between two looks at the keyboard, on Windows
NAMES = {
    "\x1b": "escape",
    "\r": "enter",
    "\n": "enter",
    "\x7f": "backspace",
    "\x08": "backspace",
    "\x1b[A": "up",
    "\x1bOA": "up",
    "\x1b[B": "down",
    "\x1bOB": "down",
    "\x1b[5~": "page up",
    "\x1b[6~": "page down",
    " ": "space",
    "\x1b[H": "home",
    "\x1bOH": "home",
    "\x1b[1~": "home",
    "\x1b[F": "end",
    "\x1bOF": "end",
    "\x1b[4~": "end",
    "\x03": "interrupt",
    "\x04": "q",
}
PASTE_ON, PASTE_OFF = "\x1b[?2004h", "\x1b[?2004l"
PASTED = re.compile(r"\x1b\[200~.*?(\x1b\[201~|\Z)", re.DOTALL)
SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1bO.|\x1b|[\s\S]")


def keys_in(text: str) -> Iterator[str]:
    """The keys in what a terminal sends: `a`, `up`, `enter`. What was pasted is not typed."""
    for sequence in SEQUENCE.findall(PASTED.sub("", text)):
        name = NAMES.get(sequence, sequence)
        if len(sequence) == 1 or sequence in NAMES:
            yield name


class Keys:
    """Tells each key, from a thread, between `open` and `close`."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        self._closing = threading.Event()
        self._wake, self._woken = os.pipe()
        self._enter()
        read = self._read_windows if os.name == "nt" else self._read
        self._thread = threading.Thread(target=read, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """The terminal is as it was before. Can be called twice."""
        if self._thread is None:
            return
        self._closing.set()
        os.write(self._woken, b".")
        self._thread.join()
        self._thread = None
        self._leave()
        os.close(self._wake)
        os.close(self._woken)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Another program has the terminal meanwhile."""
        self.close()
        try:
            yield
        finally:
            self.open()

    if sys.platform == "win32":

        def _enter(self) -> None: ...

        def _leave(self) -> None: ...

        def _read(self) -> None: ...

        def _read_windows(self) -> None:
            import msvcrt

            arrows = {"H": "up", "P": "down", "I": "page up", "Q": "page down"}
            while not self._closing.wait(LOOK):
                while msvcrt.kbhit():
                    key = msvcrt.getwch()
                    if key in ("\x00", "\xe0"):
                        self._tell(arrows.get(msvcrt.getwch(), ""))
                    else:
                        self._tell(NAMES.get(key, key))

    else:

        def _enter(self) -> None:
            import termios
            import tty

            self._before = termios.tcgetattr(sys.stdin.fileno())
            tty.setcbreak(sys.stdin.fileno())
            _say(PASTE_ON)

        def _leave(self) -> None:
            import termios

            _say(PASTE_OFF)
            with suppress(termios.error):  # the terminal may be gone
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._before)

        def _read_windows(self) -> None: ...

        def _read(self) -> None:
            import select

            keyboard = sys.stdin.fileno()
            while True:
                ready, _, _ = select.select([keyboard, self._wake], [], [])
                if self._closing.is_set():
                    return
                if keyboard in ready:
                    try:
                        data = os.read(keyboard, 4096)
                    except OSError:
                        data = b""
                    if not data:  # the terminal is gone
                        self._tell("interrupt")
                        return
                    for key in keys_in(data.decode("utf-8", "ignore")):
                        self._tell(key)


def _say(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.stdout.write(text)
        sys.stdout.flush()
