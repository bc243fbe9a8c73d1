"""A real pseudo-terminal with somebody before it: what a program draws, and the keys pressed."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pexpect
import pyte

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 20.0  # seconds for something to appear
KEYS = {
    "space": " ",
    "end": "\x1b[F",
    "esc": "\x1b",
    "enter": "\r",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "page down": "\x1b[6~",
}


class Screen:
    """`python -m course …` on a terminal of 80 × 24."""

    def __init__(
        self,
        *arguments: str,
        root: Path,
        cwd: Path = ROOT,
        rows: int = 24,
        columns: int = 80,
        **environment: str,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        kept = {
            k: v for k, v in os.environ.items() if k not in ("EDITOR", "VISUAL", "TERM_PROGRAM")
        }
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "course", *arguments],
            env={
                **kept,
                "COURSE_ROOT": str(root),
                "TERM": "xterm-256color",
                "PYTHONFAULTHANDLER": "1",
                **environment,
            },
            cwd=str(cwd),
            dimensions=(rows, columns),
            timeout=PATIENCE,
        )
        self.child.delaybeforesend = None

    def press(self, *keys: str) -> None:
        for key in keys:
            self.child.send(KEYS.get(key, key))

    def wait_for(self, *texts: str, without: str | None = None) -> str:
        """Wait until all texts are to be seen, and `without` is not. What is to be seen then."""

        def there() -> bool:
            shown = self.text()
            return all(text in shown for text in texts) and (
                without is None or without not in shown
            )

        self.wait_until(there, f"{texts} without {without!r}")
        return self.text()

    def wait_until(self, true: Callable[[], bool], what: str = "") -> None:
        until = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < until, f"waited for {what}; the screen shows:\n{self.text()}"
            self._read(0.02)

    def text(self) -> str:
        self._read(0)
        return "\n".join(line.rstrip() for line in self.screen.display)

    def resize(self, rows: int, columns: int) -> None:
        self.screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def ended(self) -> int:
        """Wait for the end of the program. Its exit status, negative when a signal ended it."""
        try:
            self.wait_until(lambda: not self.child.isalive(), "the end")
        except AssertionError:
            self.child.kill(signal.SIGABRT)  # faulthandler tells where it is
            self._read(1)
            raise AssertionError(self.raw[-4000:].decode("utf-8", "replace")) from None
        self._read(0)
        return -self.child.signalstatus if self.child.signalstatus else self.child.exitstatus

    def close(self) -> None:
        self.child.close(force=True)

    @property
    def restored(self) -> bool:
        """Whether the program has left the other screen and shows the cursor again."""
        left = self.raw.rfind(b"\x1b[?1049l") > self.raw.rfind(b"\x1b[?1049h")
        return left and self.raw.rfind(b"\x1b[?25h") > self.raw.rfind(b"\x1b[?25l")

    def _read(self, seconds: float) -> None:
        try:
            while True:
                data = self.child.read_nonblocking(65536, timeout=seconds)
                self.raw += data
                self.stream.feed(data)
                seconds = 0
        except (pexpect.TIMEOUT, pexpect.EOF):
            pass
