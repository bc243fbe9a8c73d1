"""The checks say the same in Pyodide as in the terminal: every field of a Report but `seconds`.

Pyodide runs under Node here, without a browser, and with the packs that a browser downloads.
`make browser` prepares them; without that, the first test does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from course import checkfile
from course.catalogue import ROOT, Exercise, exercises, find
from course.harness.workspace import lay_out
from course.pool import Job, run_all
from course.runner import check
from course.submissions import Submission, layers, submissions

SEED = "2"
KILLED = ("hung", "crashed")  # kinds that need a process which can be killed
LONGEST = 1200  # seconds, for all submissions in Pyodide

Key = tuple[Exercise, Path]
Data = dict[str, Any]


def shipped() -> Iterator[Key]:
    """Over the course the first wrong one of each kind, and of each exercise a right one.

    The solutions are typed into a browser by tests/test_playground.py. With CORPUS=whole all
    submissions run, which takes ten minutes and more.
    """
    whole = os.environ.get("CORPUS") == "whole"
    seen = set(KILLED)
    for exercise in exercises():
        found = [s for s in submissions(exercise) if s.path.exists() and runs_in_both(s, exercise)]
        roles = {"starter", "solution"} | ({"right"} if exercise.kind == "drill" else set())
        for submission in found:
            kind = submission.says("kind") if submission.role == "wrong" else ""
            again = kind in seen if kind else submission.role in roles
            if kind not in KILLED and (whole or not again):
                yield exercise, submission.path
            seen.add(kind)
            roles.add(submission.role)


def runs_in_both(submission: Submission, exercise: Exercise) -> bool:
    needed = submission.says("terminal") or submission.says("fails") in terminal_only(exercise)
    return not needed


def terminal_only(exercise: Exercise) -> list[str]:
    """The checks that the browser skips."""
    named = checkfile.checks(exercise.checks)
    return [check.name for check in named if "terminal_only" in checkfile.marks(check)]


def peculiar() -> Iterator[Key]:
    """What has little to do with a lesson, and much with the runtime. Lesson 1 is asked about it."""
    for path in sorted((ROOT / "tests/second_runtime").glob("*.py")):
        yield find("1"), path


SHIPPED, PECULIAR = list(shipped()), list(peculiar())
ALL = SHIPPED + PECULIAR


def name(key: Key) -> str:
    return key[1].relative_to(ROOT).as_posix()


@pytest.fixture(scope="session")
def node() -> None:
    """Node, with all that the playground needs."""
    if not shutil.which("node"):
        if os.environ.get("CI") == "true":
            pytest.fail("Node is missing on this machine of CI, and nothing must be skipped there.")
        pytest.skip("Node is not installed, and the second runtime needs it.")
    binaries = Path(sys.executable).parent
    subprocess.run(["sh", "tools/browser.sh", str(binaries), "tests"], cwd=ROOT, check=True)


@pytest.fixture(scope="session")
def in_pyodide(node: None, tmp_path_factory: pytest.TempPathFactory) -> dict[Key, Data]:
    """All Reports, made one after the other in one Pyodide."""
    requests = [request(*key, tmp_path_factory.mktemp("submission")) for key in ALL]
    done = subprocess.run(
        ["node", "build/playground/smoke.mjs"],
        input=json.dumps(requests),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        cwd=ROOT,
        timeout=LONGEST,
    )
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(reports) == len(ALL), "Pyodide ended too early; what it said is above."
    return dict(zip(ALL, reports, strict=True))


@pytest.fixture(scope="session")
def in_the_terminal() -> dict[Key, Data]:
    """All Reports, as `make check` would give them."""
    jobs = [Job((exercise, path), exercise, path) for exercise, path in SHIPPED]
    reports = {job.key: report.as_dict() for job, report in run_all(jobs, seed=SEED)}
    # These leave traces, so each one gets a process of its own, as a learner's code does.
    for exercise, path in PECULIAR:
        reports[exercise, path] = check(exercise, path, seed=SEED).as_dict()
    return reports


def request(exercise: Exercise, path: Path, folder: Path) -> Data:
    """What the browser asks for, with the files as its editor holds them."""
    *under, top = layers(exercise, path)
    lay_out(Path("nothing provided"), top, folder, *under)
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {
        "slug": exercise.slug,
        "title": exercise.title,
        "files": {f.relative_to(folder).as_posix(): f.read_bytes().decode() for f in files},
        "seed": SEED,
    }


# What the runtimes word in their own way: Pyodide has another version of Python, other numbers for
# the system's errors, the two have run at different times, a token says when it expires, a hash has
# a salt, and FastAPI names an operation after any of its methods, which stand in a set.
OWN = re.compile(
    r"\[Errno \d+\] |\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?"
    r"|[\w-]*\.[\w-]{20,}\.[\w-]*"
    r"|(\$|%24)argon2id[\w$%=,+/]*"
    r"|(?<=Duplicate Operation ID )\w+"
)
# What a library says of its own objects when they are thrown away, whenever that is.
THROWN_AWAY = re.compile(
    r".*coroutine '(Connection|AsyncSession)\.\w+' was never awaited.*\n"
    r"|.*The garbage collector is trying to clean up non-checked-in connection .*\n"
)


def comparable(report: Data) -> Data:
    """Each value under its place, like `checks[2].message`, as far as the runtimes must agree."""
    values = {
        place: value for place, value in flat(report) if place.rpartition(".")[2] != "seconds"
    }
    if values.get("problem.kind") == "syntax":
        del values["problem.message"], values["problem.actual"]
    return {key: _same_words(value) for key, value in values.items()}


def _same_words(value: Any) -> Any:
    # Python 3.13 gave re.error a better name.
    if not isinstance(value, str):
        return value
    return OWN.sub("", THROWN_AWAY.sub("", value)).replace("PatternError", "error")


def flat(data: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from flat(value, f"{place}.{key}".lstrip("."))
    elif isinstance(data, list) and data:
        for index, value in enumerate(data):
            yield from flat(value, f"{place}[{index}]")
    else:
        yield place, data


@pytest.mark.parametrize("key", ALL, ids=name)
def test_both_runtimes_say_the_same(
    key: Key, in_pyodide: dict[Key, Data], in_the_terminal: dict[Key, Data]
) -> None:
    assert "error" not in in_pyodide[key], in_pyodide[key]["error"]
    here, there = (both_have(reports[key], key) for reports in (in_pyodide, in_the_terminal))
    assert comparable(here) == comparable(there)


def both_have(report: Data, key: Key) -> Data:
    """Without the checks that only the terminal runs."""
    checks = [c for c in report["checks"] if c["id"] not in terminal_only(key[0])]
    return {**report, "checks": checks}


def test_no_report_names_a_folder_of_the_machine(
    in_pyodide: dict[Key, Data], in_the_terminal: dict[Key, Data]
) -> None:
    """A path would differ from one machine to the next, and tell a learner nothing."""
    for key in ALL:
        for report in (in_pyodide[key], in_the_terminal[key]):
            for place, value in comparable(report).items():
                assert not re.search(r"site-packages|course-\w+/", str(value)), (name(key), place)


def test_the_wheels_are_those_that_learners_have() -> None:
    """Each version and each hash in wheels.lock is in requirements.lock too."""
    wheels, learners = locked("playground/wheels.lock"), locked("requirements.lock")
    for package, hashes in wheels.items():
        assert hashes <= learners[package], package
        assert len(hashes) == 1, package


def locked(file: str) -> dict[str, set[str]]:
    """The hashes of each `name==version` in a lock."""
    entries: dict[str, set[str]] = {}
    for line in (ROOT / file).read_text("utf-8").splitlines():
        if pinned := re.match(r"([\w.-]+==[\w.]+)", line):
            hashes = entries.setdefault(pinned[1], set())
        hashes |= set(re.findall(r"sha256:\w+", line))
    return entries


def test_pydantic_core_is_the_one_for_webassembly(node: None) -> None:
    """For a platform that it does not know, pip takes an empty package of that name."""
    (wheel,) = (ROOT / "build/wheels").glob("pydantic_core-*")
    assert wheel.name.endswith("-cp314-cp314-pyemscripten_2026_0_wasm32.whl")
