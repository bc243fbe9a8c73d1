"""The parent's end of one child process that has imported the libraries and waits."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from course import processes

if TYPE_CHECKING:
    from course.harness.run import Request

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = (
    "PATH LANG LC_ALL LC_CTYPE TZ SYSTEMROOT SYSTEMDRIVE COMSPEC PATHEXT WINDIR "
    "NUMBER_OF_PROCESSORS"
).split()
START = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from course.child import main; main()"


@dataclass(frozen=True)
class Limits:
    """Seconds for one check and for a whole run; bytes of memory, of a file, of output kept."""

    check: float = 5.0
    run: float = 60.0
    memory: int = 2 * 1024**3
    file: int = 64 * 1024**2
    output: int = 20_000


class Spare:
    """A child that serves requests, one after the other."""

    def __init__(self, limits: Limits | None = None, rehearse: bool = False) -> None:
        self.limits = limits or Limits()
        self.home = Path(tempfile.mkdtemp(prefix="course-")).resolve()
        self.runs = 0
        self._nonce = ""
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._output = bytearray()
        self._cut = False
        settings = {
            "memory": self.limits.memory,
            "file": self.limits.file,
            "trace": str(self.home / "trace.txt"),
            "rehearse": rehearse,
        }
        command = [sys.executable, "-P", "-c", START, json.dumps(settings)]
        self.child = processes.start(command, self._environment(), self.home)
        self._threads = [
            threading.Thread(target=self._read_events, args=[self.child.stdout], daemon=True),
            threading.Thread(target=self._read_output, args=[self.child.stderr], daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def folder(self) -> Path:
        """The path of a new folder for the next submission."""
        self.runs += 1
        return self.home / f"run-{self.runs}"

    def send(self, request: Request) -> None:
        self._nonce = secrets.token_hex(16)
        message = {"request": asdict(request), "nonce": self._nonce, "limit": self.limits.check}
        with contextlib.suppress(OSError):  # a child that is gone is seen by `event`
            assert self.child.stdin
            self.child.stdin.write(f"{json.dumps(message)}\n".encode())
            self.child.stdin.flush()

    def event(self, until: float) -> dict[str, Any] | None:
        """The next event, None when there is no more to come.

        Raises TimeoutError when there is none by `until`, a reading of `time.monotonic`.
        """
        try:
            return self._events.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise TimeoutError from None

    def output(self) -> str:
        """What the learner's code has printed since the last call, cut with a note."""
        text = self._output.decode("utf-8", "replace")
        if self._cut:
            text += f"\n… only the first {self.limits.output:,} bytes of the output are kept."
        self._output.clear()
        self._cut = False
        return text

    def kill(self) -> None:
        """End the child with all its processes. What it has said and printed can still be read."""
        processes.kill(self.child)
        for thread in self._threads:
            thread.join(timeout=1)

    def trace(self) -> str:
        """The traceback that faulthandler wrote when the child hung or crashed."""
        with contextlib.suppress(OSError):
            return (self.home / "trace.txt").read_text("utf-8", "replace")
        return ""

    def close(self) -> None:
        self.kill()
        for stream in (self.child.stdin, self.child.stdout, self.child.stderr):
            with contextlib.suppress(OSError):
                if stream:
                    stream.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        """Nothing of the learner's environment but what Python needs: no tokens, no settings."""
        kept = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
        homes = ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP")
        places = dict.fromkeys(homes, str(self.home))
        return {**kept, **places, "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "2"}

    def _read_events(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError):
            for line in stream:
                with contextlib.suppress(ValueError, AttributeError):
                    event = json.loads(line)
                    if event.pop("nonce", None) == self._nonce:
                        self._events.put(event)
        self._events.put(None)

    def _read_output(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError):
            while chunk := os.read(stream.fileno(), 65536):
                room = max(0, self.limits.output - len(self._output))
                self._output += chunk[:room]
                self._cut = self._cut or len(chunk) > room
