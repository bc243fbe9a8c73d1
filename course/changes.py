"""Tells when a learner has saved: by the events of the file system, or by looking.

Events do not arrive everywhere: not on folders of another system in WSL, in some containers, over
a network. So somebody also looks, once a second; when a change is seen of which no event has come,
looking, more often, is all that is done from then on.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

Stat = dict[Path, tuple[int, int, int]]
"""Time, size and number of each file: when they are the same, so is the file."""

IGNORED = (
    "__pycache__ .?* *~ #*# 4913 *.swp *.swx *.tmp *.new *.pyc *.log *.db *.db-* *.sqlite*"
).split()
WATCHED = (".env", ".dockerignore")  # although their names begin with a dot
SETTLED = 0.015  # seconds without a change, after which a save is complete
LONGEST = 0.5  # seconds to wait for a main.py that is missing or empty: an editor is writing it
SECOND_LOOK = 1.0  # seconds between two looks while events are expected
LATE = 0.7  # seconds that an event may take to arrive
POLL = 0.1  # seconds between two looks when nothing else tells


@dataclass(frozen=True)
class Saved:
    """The files are other ones than before; with `changed` False, they were written without a change."""

    changed: bool


@dataclass(frozen=True)
class Polling:
    """From now on, only looking tells."""

    why: str


class Changes:
    """Watches one folder until `close`. `tell` gets Saved and Polling, from other threads."""

    def __init__(
        self, folder: Path, tell: Callable[[Saved | Polling], None], poll: bool = False
    ) -> None:
        self.folder, self._tell = folder, tell
        self._closing = threading.Event()
        self._polling = poll
        self._lock = threading.Lock()
        self._events = 0
        self._stat = stat(folder)
        self._files = read(self._stat)
        threads = [threading.Thread(target=self._look, daemon=True)]
        if not poll:
            threads.append(threading.Thread(target=self._listen, daemon=True))
        for thread in threads:
            thread.start()

    def close(self) -> None:
        """Nothing is told any more."""
        self._closing.set()

    def _listen(self) -> None:
        """Wait for events of the file system."""
        import watchfiles

        try:
            for _ in watchfiles.watch(
                self.folder,
                watch_filter=None,
                debounce=20,
                step=8,  # milliseconds; each less costs more when nothing happens
                stop_event=self._closing,
                raise_interrupt=False,
            ):
                if self._polling or self._closing.is_set():
                    return
                self._events += 1
                self._notice(quiet=True)
        except (OSError, RuntimeError) as error:
            self._poll(f"the system does not tell of changes ({error})")

    def _look(self) -> None:
        while not self._closing.wait(POLL if self._polling else SECOND_LOOK):
            if stat(self.folder) == self._stat:
                continue
            if not self._polling:
                heard = self._events
                if self._closing.wait(LATE) or stat(self.folder) == self._stat:
                    continue
                if self._events != heard or self._lock.locked():
                    continue  # it was heard, and an editor is still at it
                self._poll("no event came of your last save")
            self._notice()

    def _poll(self, why: str) -> None:
        if not self._polling:
            self._polling = True
            self._tell(Polling(why))

    def _notice(self, quiet: bool = False) -> None:
        """Something may have changed: when it has, wait until it is complete, and tell.

        With `quiet`, a moment without events has passed already.
        """
        with self._lock:
            before, seen = self._stat, self._settle(quiet)
            if seen == before or self._closing.is_set():
                return
            files = read(seen)
            changed = files != self._files
            self._stat, self._files = seen, files
        self._tell(Saved(changed))

    def _settle(self, quiet: bool) -> Stat:
        """The state of the files when nothing has changed for a moment."""
        until = time.monotonic() + LONGEST
        seen = stat(self.folder)
        if quiet and self._is_whole(seen):
            return seen
        while seen != self._stat and not self._closing.wait(SETTLED):
            latest = stat(self.folder)
            if latest == seen and (self._is_whole(seen) or time.monotonic() > until):
                break
            seen = latest
        return seen

    def _is_whole(self, files: Stat) -> bool:
        """Not so while an editor has emptied main.py, or moved it away, to write it anew."""
        return files.get(self.folder / "main.py", (0, 0, 0))[1] > 0


def stat(folder: Path) -> Stat:
    """The state of all files that could matter to a check."""
    found: Stat = {}
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not _ignored(name)]
        for name in names:
            if not _ignored(name):
                file = Path(path, name)
                try:
                    status = file.stat()
                except OSError:
                    continue
                found[file] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


def read(files: Stat) -> dict[Path, bytes]:
    """What is in the files. One that cannot be read is left out."""
    contents = {}
    for file in files:
        try:
            contents[file] = file.read_bytes()
        except OSError:
            continue
    return contents


def _ignored(name: str) -> bool:
    return name not in WATCHED and any(fnmatch(name, pattern) for pattern in IGNORED)
