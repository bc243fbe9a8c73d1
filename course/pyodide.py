"""Runs submissions in Pyodide, under Node, and says where that differs from the terminal.

It is the browser's way without a browser: the packs that a learner downloads, started by the same
code. `make browser` builds them.
"""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from course import checkfile, processes
from course.catalogue import ROOT, Exercise
from course.harness.report import Report
from course.harness.workspace import lay_out
from course.runner import Run, finish
from course.spare import Limits
from course.submissions import STOPPED, Submission, layers

PROGRAM = ROOT / "build/playground/smoke.mjs"
NODE = ROOT / "build/programs/node"
LONGEST = 120.0  # seconds for one submission, on a busy machine
SHOWN = 3  # differences of one submission: the others mostly follow from the first
KILLED = ("hung", "crashed")  # kinds that need a process which can be killed

Data = dict[str, Any]


class NotBuilt(Exception):
    """There is no Node, or nothing to run in it. The text says what to do."""


class Stopped(Exception):
    """Pyodide gave no Report."""


class Pyodide:
    """One Pyodide, which checks one submission after the other."""

    def __init__(self, longest: float = LONGEST) -> None:
        self.longest = longest
        self._node: subprocess.Popen[bytes] | None = None
        self._running = ExitStack()

    def check(self, asked: Data) -> Data:
        """The Report on what `request` gives. Raises NotBuilt, Stopped."""
        node = self._node = self._node or self._running.enter_context(_started())
        assert node.stdin and node.stdout
        clock = threading.Timer(self.longest, node.kill)
        clock.start()
        try:
            with suppress(BrokenPipeError):
                node.stdin.write(f"{json.dumps(asked)}\n".encode())
                node.stdin.flush()
            line = node.stdout.readline()
        finally:
            clock.cancel()
        if not line:
            self.close()
            raise Stopped(f"it ended, or gave no Report within {self.longest:g} s")
        try:
            told: Data = json.loads(line)
        except ValueError:
            told = {"error": line.decode("utf-8", "replace").strip()}
        if "error" in told:
            self.close()
            raise Stopped(told["error"])
        return told

    def close(self) -> None:
        """End it; the next `check` starts another."""
        self._node = None
        self._running.close()


@contextmanager
def _started() -> Iterator[subprocess.Popen[bytes]]:
    if not PROGRAM.exists() or not NODE.exists():
        raise NotBuilt("What runs in the browser is not built yet. Run: make browser")
    with processes.beside(
        [str(NODE), str(PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        preexec_fn=processes.ends_with_us(signal.SIGKILL),
    ) as node:
        try:
            yield node
        finally:
            node.kill()
            node.communicate()


class Comparison:
    """Checks in Pyodide what the terminal has checked, meanwhile, and gathers the differences.

    Of the wrong ones only one in `sample`; the seed says which.
    """

    def __init__(self, seed: str, sample: int = 1, workers: int = 1) -> None:
        self.seed, self.sample = seed, sample
        self.done: list[Submission] = []
        self._found: list[Future[list[str]]] = []
        self._local = threading.local()
        self._every: list[Pyodide] = []
        self._pool = ThreadPoolExecutor(workers)

    def __enter__(self) -> Comparison:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=error is not None)
        for pyodide in self._every:
            pyodide.close()

    def take(self, submission: Submission, report: Report) -> None:
        """Compare this one too, if the browser can run it."""
        if runs_in_both(submission) and self._is_drawn(submission):
            self.done.append(submission)
            self._found.append(self._pool.submit(self._compare, submission, report.as_dict()))

    def _is_drawn(self, submission: Submission) -> bool:
        if submission.role != "wrong":
            return True
        return random.Random(f"{self.seed} {submission.name}").randrange(self.sample) == 0

    def faults(self) -> Iterator[list[str]]:
        """Of each submission that was taken, the differences as sentences. Raises NotBuilt."""
        for future in self._found:
            yield future.result()

    def _compare(self, submission: Submission, terminal: Data) -> list[str]:
        exercise, stop = submission.exercise, submission.role in STOPPED
        asked = {**request(exercise, submission.path, self.seed), "stop": stop}
        # What a wrong one does right, the right ones have shown already. Only where the checks
        # before it decide what the one that fails will say are they run again, too.
        passed = [c["id"] for c in terminal["checks"] if stop and c["status"] == "pass"]
        found: list[str] = []
        for known in (passed, []) if passed else ([],):
            try:
                browser = self._pyodide().check({**asked, "passed": known})
            except Stopped as stopped:
                return [f"{submission.name}: Pyodide: {stopped}"]
            found = differences(exercise, terminal, browser, known)
            if not found:
                return []
        # A program may have random values of its own, which no seed repeats.
        again = Run(exercise, submission.path, Limits(), self.seed, stop)
        changing = changes(exercise, terminal, finish(again).as_dict())
        found = differences(exercise, terminal, browser, changing=changing)
        more = [f"and {len(found) - SHOWN} more differences"] if len(found) > SHOWN else []
        return [f"{submission.name}: {one}" for one in [*found[:SHOWN], *more]]

    def _pyodide(self) -> Pyodide:
        if not hasattr(self._local, "pyodide"):
            self._local.pyodide = Pyodide()
            self._every.append(self._local.pyodide)
        found: Pyodide = self._local.pyodide
        return found


def runs_in_both(submission: Submission) -> bool:
    """Whether the browser can come to the verdict that is asked for."""
    elsewhere = terminal_only(submission.exercise)
    return not (
        submission.says("terminal")
        or submission.says("fails") in elsewhere
        or submission.says("kind") in KILLED
    )


def terminal_only(exercise: Exercise) -> list[str]:
    """The checks that the browser skips."""
    named = checkfile.checks(exercise.checks)
    return [check.name for check in named if "terminal_only" in checkfile.marks(check)]


def request(exercise: Exercise, path: Path, seed: str) -> Data:
    """What the browser asks for, with the files as its editor holds them."""
    with tempfile.TemporaryDirectory(prefix="course-") as name:
        folder = Path(name, "submission")
        *under, top = layers(exercise, path)
        lay_out(Path(name, "nothing provided"), top, folder, *under)
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        texts = {f.relative_to(folder).as_posix(): f.read_bytes().decode() for f in files}
    return {"slug": exercise.slug, "title": exercise.title, "files": texts, "seed": seed}


def differences(
    exercise: Exercise,
    terminal: Data,
    browser: Data,
    passed: Collection[str] = (),
    changing: Collection[str] = (),
) -> list[str]:
    """Where two Reports as data do not say the same, each as a sentence.

    Left out are the checks that only the terminal runs, those which `passed` says were not run
    again in the browser, and the places that `changes` has found. With some of `passed`, nothing
    can be said of what was printed.
    """
    left_out = {*terminal_only(exercise), *passed}
    here, there = (comparable(_without(report, left_out)) for report in (browser, terminal))
    if passed:
        here["output"] = there["output"] = ""
    return [
        f"{place} is {here.get(place)!r} in Pyodide, and {there.get(place)!r} in the terminal"
        for place in sorted({*here, *there})
        if here.get(place) != there.get(place) and place not in changing
    ]


def changes(exercise: Exercise, one: Data, other: Data) -> set[str]:
    """The places whose values differ between two Reports of the terminal's.

    A verdict is not among them: that one may not change.
    """
    left_out = set(terminal_only(exercise))
    here, there = (comparable(_without(report, left_out)) for report in (one, other))
    return {
        place
        for place in {*here, *there}
        if here.get(place) != there.get(place) and not place.endswith(("status", "kind"))
    }


def _without(report: Data, checks: set[str]) -> Data:
    return {**report, "checks": [c for c in report["checks"] if c["id"] not in checks]}


# What the runtimes word in their own way: Pyodide has another version of Python, other numbers for
# the system's errors, the two have run at different times, a token says when it expires, a hash has
# a salt, and FastAPI names an operation after any of its methods, which stand in a set.
OWN = re.compile(
    r"\[Errno \d+\] |\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?"
    r"|[\w-]*\.[\w-]{20,}\.[\w-]*"
    r"|(\$|%24)argon2id[\w$%=,+/]*"
    r"|(?<=Duplicate Operation ID )\w+"
)
# What Python 3.13 gave a better name.
RENAMED = {"PatternError": "error", "Unprocessable Content": "Unprocessable Entity"}
# What a library says of its own objects when they are thrown away, whenever that is.
THROWN_AWAY = re.compile(
    r".*coroutine '(Connection|AsyncSession)\.\w+' was never awaited.*\n"
    r"|.*The garbage collector is trying to clean up non-checked-in connection .*\n"
)


def comparable(report: Data) -> Data:
    """Each value under its place, like `checks[2].message`, as far as the runtimes must agree."""
    values = {
        place: value for place, value in _flat(report) if place.rpartition(".")[2] != "seconds"
    }
    if values.get("problem.kind") == "syntax":
        del values["problem.message"], values["problem.actual"]
    return {key: _same_words(value) for key, value in values.items()}


def _same_words(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    for old, new in RENAMED.items():
        value = value.replace(old, new)
    return OWN.sub("", THROWN_AWAY.sub("", value))


def _flat(data: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _flat(value, f"{place}.{key}".lstrip("."))
    elif isinstance(data, list) and data:
        for index, value in enumerate(data):
            yield from _flat(value, f"{place}[{index}]")
    else:
        yield place, data
