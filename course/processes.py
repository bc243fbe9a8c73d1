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
from pathlib import Path

LINUX = sys.platform == "linux"
WINDOWS = sys.platform == "win32"
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h

_ours: set[int] = set()
_starting = threading.Lock()
_adopting = False


def adopt_orphans() -> None:
    """Make processes that lose their parent children of this one (Linux, prctl(2)).

    Without it, a grandchild that made a session of its own cannot be found again. Call it in a
    program whose only children come from `start`.
    """
    global _adopting
    if LINUX:
        _adopting = ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def start(command: list[str], env: dict[str, str], cwd: Path) -> subprocess.Popen[bytes]:
    """A child at the head of a process group of its own, with pipes to all three streams."""
    group = subprocess.CREATE_NEW_PROCESS_GROUP if WINDOWS else 0
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


def kill(child: subprocess.Popen[bytes]) -> None:
    """Kill the child, its process group and its descendants, and wait until they are gone."""
    if WINDOWS:
        subprocess.run(
            ["taskkill", "/T", "/F", "/PID", str(child.pid)], capture_output=True, check=False
        )
        child.wait()
        return
    descendants = family(child.pid)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    for pid in descendants:
        _kill(pid)
    child.wait()
    _kill_orphans()
    with _starting:
        _ours.discard(child.pid)


def family(pid: int) -> list[int]:
    """The descendants of a process; [] where /proc does not tell."""
    children: dict[int, list[int]] = {}
    for process, parent in _parents().items():
        children.setdefault(parent, []).append(process)
    found, queue = [], [pid]
    while queue:
        queue += (more := children.get(queue.pop(), []))
        found += more
    return found


def _kill_orphans() -> None:
    """Kill what became our child without being started by us, until nothing new appears."""
    deadline = time.monotonic() + 2
    while _adopting and time.monotonic() < deadline:
        with _starting:
            orphans = [
                pid
                for pid, parent in _parents().items()
                if parent == os.getpid() and pid not in _ours
            ]
        if not orphans:
            return
        for orphan in orphans:
            for pid in [*family(orphan), orphan]:
                _kill(pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan, 0)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def _parents() -> dict[int, int]:
    """Process id to parent id, of every process; {} where there is no /proc."""
    parents: dict[int, int] = {}
    for entry in os.scandir("/proc") if LINUX else ():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # The name in parentheses may hold anything; the fields start after the last ")".
                stat = Path(entry.path, "stat").read_text("utf-8", "replace")
                parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    return parents
