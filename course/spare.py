"""The parent's end of one child process that has imported the libraries and waits."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import queue
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from course import processes

if TYPE_CHECKING:
    from course.harness.request import Request

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = (
    "PATH LANG LC_ALL LC_CTYPE SYSTEMROOT SYSTEMDRIVE COMSPEC PATHEXT WINDIR NUMBER_OF_PROCESSORS"
).split()
LONGEST = 8 * 1024**2  # bytes of one event: what is longer is not from us
TRACE_KEPT = 50_000  # bytes of the traceback: the learner's code could write into its file
ELSEWHERE = "Asia/Kolkata"  # not UTC: a time that forgets its zone must not look right by chance
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
        self._nonce = b""
        self._quiet = threading.Event()
        self._events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._output = bytearray()
        self._cut = False
        # Opened now: later, the learner's code may have put something else in its place.
        self._trace = (self.home / "trace.txt").open("w+b")
        settings = {
            "memory": self.limits.memory,
            "file": self.limits.file,
            "trace": self._trace.name,
            "rehearse": rehearse,
        }
        command = [sys.executable, "-P", "-c", START, json.dumps(settings)]
        try:
            self.child = processes.start(command, self._environment(), self.home)
        except BaseException:
            self._trace.close()
            _remove(self.home)
            raise
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

    def send(self, request: Request, wait: bool = False) -> None:
        """Let the child serve a request; with `wait`, only as far as it needs no files of it."""
        nonce = secrets.token_hex(16)
        self._nonce = nonce.encode()
        self._quiet.clear()
        self._output.clear()
        self._cut = False
        message = {"request": asdict(request), "nonce": nonce, "limit": self.limits.check}
        self._write(json.dumps({**message, "wait": wait}))

    def go_on(self) -> None:
        """The files are there now."""
        self._write("")

    def _write(self, line: str) -> None:
        with contextlib.suppress(OSError):  # a child that is gone is seen by `event`
            assert self.child.stdin
            self.child.stdin.write(f"{line}\n".encode())
            self.child.stdin.flush()

    def event(self, until: float) -> dict[str, Any] | None:
        """The next event, None when there is no more to come.

        Raises TimeoutError when there is none by `until`, a reading of `time.monotonic`.
        """
        try:
            event = self._events.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise TimeoutError from None
        if event is None:
            self._events.put(None)  # and so for everyone who asks again
        return event

    def wake(self) -> None:
        """Give whoever waits for an event one that says nothing."""
        self._events.put({"event": "wake"})

    def wait_until_ready(self, seconds: float = 60.0) -> None:
        """Raises TimeoutError when the child has not imported everything by then."""
        self.event(time.monotonic() + seconds)

    def output(self) -> str:
        """What the learner's code has printed in this run, cut with a note."""
        self._quiet.wait(timeout=0.5)  # the child's last word may still be on its way
        said = bytes(self._output).replace(self._nonce, b"")
        text = said[: self.limits.output].decode("utf-8", "replace")
        if self._cut or len(said) > self.limits.output:
            text += f"\n… only the first {self.limits.output:,} bytes of the output are kept."
        return text

    def ended(self, seconds: float = 0.0) -> int | None:
        """The status with which the child has ended by itself, None when it has not."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(seconds)
        return self.child.returncode

    def kill(self) -> None:
        """End the child with all its processes. What it has said and printed can still be read."""
        processes.kill(self.child)
        for thread in self._threads:
            thread.join(timeout=1)

    def trace(self) -> str:
        """The traceback that faulthandler wrote when the child hung or crashed."""
        self._trace.seek(0)
        return self._trace.read(TRACE_KEPT).decode("utf-8", "replace")

    def close(self) -> None:
        """Nothing is left of the child but what has been read from it."""
        self.kill()
        with contextlib.suppress(OSError):
            assert self.child.stdin
            self.child.stdin.close()
        self._trace.close()
        _remove(self.home)

    def _environment(self) -> dict[str, str]:
        """Nothing of the learner's environment but what Python needs: no tokens, no settings."""
        kept = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
        homes = ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP")
        places = dict.fromkeys(homes, str(self.home))
        # The order of a set of texts must not decide what is said, or whether anything is.
        same = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "TZ": ELSEWHERE}
        return {**kept, **places, **same, "MALLOC_ARENA_MAX": "2"}

    # Each thread closes its stream: closed by another, it would wait for a process that escaped.

    def _read_events(self, stream: IO[bytes]) -> None:
        with stream, contextlib.suppress(OSError):
            while line := stream.readline(LONGEST):
                # Anybody can write here; only what `send` has told the nonce can be heard.
                nonce, _, event = line.partition(b" ")
                if nonce == self._nonce:
                    with contextlib.suppress(ValueError, RecursionError):
                        self._events.put(json.loads(event))
        self._events.put(None)

    def _read_output(self, stream: IO[bytes]) -> None:
        tail = b""
        with stream, contextlib.suppress(OSError):
            while chunk := os.read(stream.fileno(), 65536):
                room = max(0, self.limits.output + len(self._nonce) - len(self._output))
                self._output += chunk[:room]
                self._cut = self._cut or len(chunk) > room
                tail = tail[-len(self._nonce) :] + chunk
                if self._nonce in tail:  # the child writes it after a run
                    self._quiet.set()
        self._quiet.set()


def _remove(folder: Path) -> None:
    """Remove a folder, level by level: the learner's code may have made it very deep, or locked.

    What cannot be removed, as on a system where a file is still open, stays.
    """
    names = (folder / f"{secrets.token_hex(4)}-{number}" for number in itertools.count())
    with contextlib.suppress(OSError):
        while entries := list(os.scandir(folder)):
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    Path(entry).unlink()
                    continue
                Path(entry).chmod(0o700)
                for inner in list(os.scandir(entry)):
                    if not inner.is_symlink():
                        Path(inner).chmod(0o700)  # a locked folder cannot be moved
                    Path(inner).rename(next(names))
                Path(entry).rmdir()
        folder.rmdir()
