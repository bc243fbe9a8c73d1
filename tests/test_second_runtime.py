"""The checks say the same in Pyodide as in the terminal: every field of a Report but `seconds`.

`verify --browser` compares the whole corpus. Here is what has little to do with a lesson, and much
with the runtime, and the comparison itself.
"""

from __future__ import annotations

import copy
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import fake_course
import pytest
from conftest import missing

from course.catalogue import ROOT, find
from course.harness.report import Report
from course.pyodide import (
    NODE,
    PROGRAM,
    Comparison,
    Data,
    Pyodide,
    Stopped,
    comparable,
    differences,
    request,
    runs_in_both,
)
from course.runner import check
from course.submissions import Submission, submissions

SEED = "2"
PECULIAR = sorted((ROOT / "tests/second_runtime").glob("*.py"))
LESSON, DRILL = find("1"), find("drill_form")


@pytest.fixture(scope="module")
def pyodide() -> Iterator[Pyodide]:
    if not PROGRAM.exists() or not NODE.exists():
        missing("What `make browser` builds")
    found = Pyodide()
    yield found
    found.close()


@pytest.mark.parametrize("program", PECULIAR, ids=lambda program: program.stem)
def test_both_runtimes_say_the_same_of_a_peculiar_program(program: Path, pyodide: Pyodide) -> None:
    browser = pyodide.check(request(LESSON, program, SEED))
    # These leave traces, so each one gets a process of its own, as a learner's code does.
    terminal = check(LESSON, program, seed=SEED).as_dict()
    assert differences(LESSON, terminal, browser) == []
    for report in (browser, terminal):
        for place, value in comparable(report).items():
            assert not re.search(r"site-packages|course-\w+/", str(value)), place


def test_verify_compares_each_submission(pyodide: Pyodide) -> None:
    done = fake_course.run(ROOT, "verify", "drill_form", "--browser")
    assert done.returncode == 0, done.stderr
    compared = [one for one in submissions(DRILL) if runs_in_both(one)]
    assert f"{len(compared)} of them ran in Pyodide too" in done.stderr


def test_a_report_that_differs_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = check(DRILL, DRILL.solution, seed=SEED)
    other = copy.deepcopy(terminal)
    other.checks[0].title = "Another title"
    monkeypatch.setattr(Pyodide, "check", lambda self, asked: other.as_dict())
    solution = Submission(DRILL, "solution", DRILL.solution)
    with Comparison(SEED) as comparison:
        comparison.take(solution, terminal)
        (found,) = comparison.faults()
    title = terminal.checks[0].title
    assert found == [
        f"{solution.name}: checks[0].title is 'Another title' in Pyodide, "
        f"and {title!r} in the terminal"
    ]


def test_a_sample_has_all_but_wrong_ones_and_another_part_of_these_with_each_seed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Comparison, "_compare", lambda self, submission, terminal: [])
    every = [one for one in submissions(LESSON) if runs_in_both(one)]
    wrong = {one.name for one in every if one.role == "wrong"}

    def drawn(seed: str) -> set[str]:
        with Comparison(seed, sample=4) as comparison:
            for one in every:
                comparison.take(one, Report(LESSON.slug, LESSON.title))
        return {one.name for one in comparison.done}

    first, second = drawn("1"), drawn("2")
    assert first >= {one.name for one in every} - wrong
    assert 0 < len(first & wrong) < len(wrong) / 2
    assert first != second
    assert drawn("1") == first


def test_what_changes_from_run_to_run_is_no_fault(pyodide: Pyodide, tmp_path: Path) -> None:
    """A seed does not decide what a program draws for itself."""
    source = (DRILL.solution / "main.py").read_text("utf-8")
    (tmp_path / "main.py").write_text(f"import uuid\n\nprint(uuid.uuid4())\n{source}", "utf-8")
    random = Submission(DRILL, "right", tmp_path)
    terminal = check(DRILL, tmp_path, seed=SEED)
    assert differences(DRILL, terminal.as_dict(), pyodide.check(request(DRILL, tmp_path, SEED)))
    with Comparison(SEED) as comparison:
        comparison.take(random, terminal)
        assert list(comparison.faults()) == [[]]


def test_what_the_terminal_has_passed_is_not_run_again(pyodide: Pyodide) -> None:
    wrong = Submission(LESSON, "wrong", LESSON.submissions / "wrong/category_as_text.py")
    first = wrong.says("fails")
    asked = request(LESSON, wrong.path, SEED)
    passed = [c["id"] for c in pyodide.check(asked)["checks"] if c["status"] == "pass"]
    told = pyodide.check({**asked, "passed": passed})
    verdicts = {c["id"]: c["status"] for c in told["checks"]}
    assert passed
    assert first not in passed
    assert verdicts[first] == "fail"
    assert not [name for name in passed if verdicts.get(name) == "pass"]


def test_what_does_not_end_is_ended_and_the_next_one_has_another(pyodide: Pyodide) -> None:
    impatient = Pyodide(longest=5)
    endless = {"slug": LESSON.slug, "title": "", "files": {"main.py": "while True: pass"}}
    try:
        with pytest.raises(Stopped, match="within 5 s"):
            impatient.check({**endless, "seed": SEED})
        impatient.longest = 120
        assert impatient.check(request(DRILL, DRILL.solution, SEED))["status"] == "pass"
    finally:
        impatient.close()


def report(**changes: object) -> Data:
    told = Report("01_routing", "Routing", **changes).as_dict()  # type: ignore[arg-type]
    return copy.deepcopy(told)


def test_the_seconds_may_differ_and_nothing_else() -> None:
    assert differences(LESSON, report(seconds=1.0), report(seconds=2.0)) == []
    assert differences(LESSON, report(output="one\n"), report(output="two\n")) == [
        r"output is 'two\n' in Pyodide, and 'one\n' in the terminal"
    ]


@pytest.mark.parametrize(
    "one, other",
    [
        ("[Errno 2] No such file", "[Errno 44] No such file"),
        ("2026-11-01T10:00:00Z", "2026-11-01T10:00:07Z"),
        ("re.PatternError: bad", "re.error: bad"),
    ],
)
def test_what_each_runtime_words_in_its_own_way(one: str, other: str) -> None:
    assert differences(LESSON, report(output=one), report(output=other)) == []


def solution_with(line: str) -> Data:
    asked = request(DRILL, DRILL.solution, SEED)
    return {**asked, "files": {"main.py": f"{line}\n{asked['files']['main.py']}"}}


def test_what_a_browser_cannot_load_is_said_to_be_there_in_a_terminal(pyodide: Pyodide) -> None:
    for line in ("import asyncpg", "from psycopg.errors import Error"):
        told = pyodide.check(solution_with(line))["problem"]
        assert "cannot be loaded in a browser. A terminal has it" in told["message"]


def test_uvicorn_can_be_imported_and_is_not_run(pyodide: Pyodide) -> None:
    """As a file that can be started by itself does."""
    asked = solution_with("import uvicorn")
    asked["files"]["main.py"] += '\n\nif __name__ == "__main__":\n    uvicorn.run(app)\n'
    assert pyodide.check(asked)["status"] == "pass"
    at_import = solution_with("import uvicorn\nuvicorn.run(lambda: None)")
    told = pyodide.check(at_import)["problem"]
    assert "Line 2 raised RuntimeError" in told["message"]
    assert 'Put the call under if __name__ == "__main__":' in told["message"]


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


def test_pydantic_core_is_the_one_for_webassembly(pyodide: Pyodide) -> None:
    """For a platform that it does not know, pip takes an empty package of that name."""
    (wheel,) = (ROOT / "build/wheels").glob("pydantic_core-*")
    assert wheel.name.endswith("-cp314-cp314-pyemscripten_2026_0_wasm32.whl")


def test_node_is_new_enough(pyodide: Pyodide) -> None:
    """Node 20 ends, or waits for ever, after some hundreds of programs."""
    said = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout
    assert int(said.lstrip("v").partition(".")[0]) >= 22
