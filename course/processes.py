"""Ends a child process and everything that it started, as far as the system lets us."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LINUX = sys.platform == "linux"
WINDOWS = sys.platform == "win32"
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
PATIENCE = 5.0  # seconds for killed processes to go; one that hangs in the kernel never does

_libc = ctypes.CDLL(None) if LINUX else None
_ours: set[int] = set()
_starting = threading.Lock()
_adopting = False


def adopt_orphans() -> None:
    """Make processes that lose their parent children of this one (Linux, prctl(2)).

    Without it, a grandchild that made a session of its own cannot be found again. Call it in a
    program whose only children come from `start`.
    """
    _adopt(True)


def _adopt(orphans: bool) -> None:
    global _adopting
    if _libc:
        done = _libc.prctl(PR_SET_CHILD_SUBREAPER, int(orphans), 0, 0, 0) == 0
        _adopting = done and orphans


def ends_with_us(number: int) -> Callable[[], None] | None:
    """For `preexec_fn`: a program that gets this signal when we are gone, however that went.

    Even killed ourselves, we leave none behind then: on Linux only; prctl(2). It hears every
    signal, also those that a shell lets the programs in its background ignore.
    """
    if sys.platform == "win32":
        return None
    libc = _libc

    def prepare() -> None:
        for ignored in (signal.SIGINT, signal.SIGQUIT):
            signal.signal(ignored, signal.SIG_DFL)
        if libc:
            libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)

    return prepare


def start(command: list[str], env: dict[str, str], cwd: Path) -> subprocess.Popen[bytes]:
    """A child at the head of a process group of its own, with pipes to all three streams."""
    group = 0
    if sys.platform == "win32":
        group = subprocess.CREATE_NEW_PROCESS_GROUP
    with _starting:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            cwd=cwd,
            start_new_session=not WINDOWS,
            creationflags=group,
        )
        _ours.add(child.pid)
    return child


def run_foreign(command: list[str]) -> int:
    """Run a program of the learner's, such as an editor, on our terminal. Its status.

    What it leaves running is nobody's to kill. Raises OSError when it cannot be started.
    """
    before = _adopting
    _adopt(False)
    try:
        with beside(command) as program:
            return program.wait()
    finally:
        _adopt(before)


@contextmanager
def beside(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs while the children come and go, and is not taken for an orphan.

    The caller ends it. `options` are those of Popen; raises OSError as it does.
    """
    with _starting:
        program = subprocess.Popen(command, **options)
        _ours.add(program.pid)
    try:
        yield program
    finally:
        with _starting:
            _ours.discard(program.pid)


def kill(child: subprocess.Popen[bytes]) -> None:
    """Kill the child, its process group and its family, and wait until they are gone.

    The second time nothing happens: the number may belong to another process by then.
    """
    if child.pid not in _ours:
        return
    if WINDOWS:
        _run("taskkill", "/T", "/F", "/PID", str(child.pid))
    else:
        everyone = family(child.pid)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        for pid in everyone:
            _kill(pid)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(PATIENCE)
    _kill_orphans()
    with _starting:
        _ours.discard(child.pid)


def family(pid: int) -> list[int]:
    """The descendants of a process, and the orphans that we have adopted with theirs."""
    with _starting:
        parents = _parents()
        queue = [pid, *_orphans(parents)]
    children: dict[int, list[int]] = {}
    for process, parent in parents.items():
        children.setdefault(parent, []).append(process)
    found = queue[1:]
    while queue:
        queue += (more := children.get(queue.pop(), []))
        found += more
    return found


def _orphans(parents: dict[int, int]) -> list[int]:
    """What became our child without being started by us."""
    if not _adopting:
        return []
    return [pid for pid, parent in parents.items() if parent == os.getpid() and pid not in _ours]


def _kill_orphans() -> None:
    """Kill orphans until nothing new appears: while we look, they may start others."""
    deadline = time.monotonic() + PATIENCE
    while _adopting and time.monotonic() < deadline:
        with _starting:
            orphans = _orphans(_parents())
        if not orphans:
            return
        for pid in {pid for orphan in orphans for pid in [orphan, *family(orphan)]}:
            _kill(pid)
        for orphan in orphans:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan, os.WNOHANG)
        time.sleep(0.001)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def _parents() -> dict[int, int]:
    """Process id to parent id, of every process; {} where the system does not tell."""
    if WINDOWS:
        return {}
    if not LINUX:
        words = iter(_run("ps", "-A", "-o", "pid=,ppid=").split())
        return {int(pid): int(parent) for pid, parent in zip(words, words, strict=True)}
    parents: dict[int, int] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # The name in parentheses may hold anything; the fields start after the last ")".
                stat = Path(entry.path, "stat").read_text("utf-8", "replace")
                parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    return parents


def _run(*command: str) -> str:
    """What a program of the system prints; "" when it is not there."""
    with contextlib.suppress(OSError):
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return ""
