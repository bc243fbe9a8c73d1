"""The learner's loop: from a save to the verdict on the terminal, and what `watch` costs idle."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SLUG = "01_routing"
PATIENCE = 30.0  # seconds for a verdict
TREES = ("lessons", "solutions", "checks", "docs/lessons")


class Learner:
    """Somebody with `watch` on a terminal, in a course of their own."""

    def __init__(self, root: Path, *arguments: str) -> None:
        self.main = root / "lessons" / SLUG / "main.py"
        self.solution = (root / "solutions" / SLUG / "main.py").read_text("utf-8")
        self.saves = 0
        self.terminal, theirs = pty.openpty()
        environment = {**os.environ, "COURSE_ROOT": str(root), "TERM": "xterm-256color"}
        self.child = subprocess.Popen(
            [sys.executable, "-m", "course", "watch", SLUG, *arguments],
            cwd=ROOT,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._wait_for("of 15 pass")

    def save(self) -> float:
        """Save as most editors do, by a rename, once all is quiet. Seconds until the verdict."""
        self.rest()
        self.saves += 1
        new = self.main.with_name("main.py.tmp")
        new.write_text(f"{self.solution}\n# save {self.saves}\n", "utf-8")
        started = time.perf_counter()
        new.replace(self.main)
        self._wait_for("15 of 15 pass")
        return time.perf_counter() - started

    def rest(self) -> None:
        """Until nothing works any more: the next child is warm."""
        before = -1.0
        while (now := self.cpu()) != before:
            before = now
            time.sleep(0.3)
        while select.select([self.terminal], [], [], 0)[0]:
            os.read(self.terminal, 65536)

    def cpu(self) -> float:
        """Seconds that all its processes have worked so far."""
        fields = [_stat(pid) for pid in self.family()]
        return sum(int(f[11]) + int(f[12]) for f in fields if f) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Megabytes of all its processes; what two of them share counts once."""
        total = 0
        for pid in self.family():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        return total / 1024

    def family(self) -> list[int]:
        parents = {int(p.name): _stat(int(p.name)) for p in Path("/proc").glob("[0-9]*")}
        found = [self.child.pid]
        for pid in found:
            found += [child for child, stat in parents.items() if stat and int(stat[1]) == pid]
        return found

    def close(self) -> None:
        os.write(self.terminal, b"q")
        self.child.wait(PATIENCE)
        os.close(self.terminal)

    def _wait_for(self, text: str) -> None:
        said, until = b"", time.monotonic() + PATIENCE
        while text.encode() not in said:
            if not select.select([self.terminal], [], [], until - time.monotonic())[0]:
                raise TimeoutError(f"no {text!r} in {said.decode('utf-8', 'replace')}")
            said += os.read(self.terminal, 65536)


@contextmanager
def learner(*arguments: str) -> Iterator[Learner]:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for tree in TREES:
            shutil.copytree(ROOT / tree, root / tree)
        one = Learner(root, *arguments)
        try:
            yield one
        finally:
            one.close()


def print_idle(seconds: float) -> None:
    """Processor time and memory of `watch` while the learner reads."""
    for arguments, wanted in (((), "under 0.5 %"), (("--poll",), "under 2 %")):
        with learner(*arguments) as one:
            one.save()
            one.rest()
            worked, started = one.cpu(), time.perf_counter()
            time.sleep(seconds)
            share = (one.cpu() - worked) / (time.perf_counter() - started)
            how = "polling" if arguments else "with events"
            print(f"idle watch, {how}: {share:.2%} of a core in {seconds:.0f} s (wanted: {wanted})")
            memory = one.memory()
    print(f"memory of all processes of watch: {memory:.0f} MB (wanted: under 250)")


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name: state, parent, …; [] when it has gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []
