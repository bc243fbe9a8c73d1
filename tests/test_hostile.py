"""Submissions that try to pass without being right, to hang the tool, or to bring it down.

Each program in `hostile` says in its first lines what must come of it:

    # checks: hung pass pass         the status or the kind of each check, in their order
    # problem: import                or the kind of what is wrong with the whole file
    # says: was still running        a part of the message

`a|b` is either. Without these lines it is enough that it does not pass. The programs in `fair`
look as strange, but are right, and pass.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import processes_in

from course.catalogue import ROOT, Exercise
from course.harness.report import Check, Report
from course.runner import check
from course.spare import Limits, Spare
from course.submissions import Submission

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs use calls of POSIX")

HERE = Path(__file__).parent
HOSTILE = sorted((HERE / "hostile").glob("*.py"))
FAIR = sorted((HERE / "fair").glob("*.py"))
LIMITS = Limits(check=1, run=10, memory=1024**3)
ORPHANS = {"daemon"}  # found again only by a program that adopts orphans, as the command line does

Run = Callable[[Path], Report]


@pytest.fixture(scope="module")
def run(request: pytest.FixtureRequest, tiny_course: Exercise, temp: Path) -> Iterator[Run]:
    """Runs a program, and meanwhile those of the next tests: most of them only wait."""

    def run(program: Path) -> Report:
        spare = Spare(LIMITS)
        report = check(tiny_course, program, LIMITS, spare)
        assert not spare.home.exists()
        assert processes_in(spare.home) == []
        return report

    params = [getattr(item, "callspec", None) for item in request.session.items]
    chosen = [spec.params["program"] for spec in params if spec and "program" in spec.params]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        futures: dict[Path, Future[Report]] = {
            program: pool.submit(run, program) for program in chosen
        }
        yield lambda program: futures[program].result()


def name_of(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("program", [p for p in HOSTILE if p.stem not in ORPHANS], ids=name_of)
def test_hostile(program: Path, run: Run, tiny_course: Exercise) -> None:
    before = program.read_bytes()
    report = run(program)
    assert_verdict(Submission(tiny_course, "wrong", program), report)
    assert len(report.as_json()) < 200_000
    assert program.read_bytes() == before


@pytest.mark.parametrize("program", FAIR, ids=name_of)
def test_fair(program: Path, run: Run) -> None:
    report = run(program)
    assert report.status == "pass", report.as_json()


STDLIB = ("json", "typing", "queue", "email", "statistics", "secrets")
HOSTS = ("course", "pytest", "_pytest", "httpx", "conftest", "sitecustomize", "usercustomize")


def test_files_beside_main_do_not_take_the_place_of_the_checks(
    tiny_course: Exercise, temp: Path, tmp_path: Path
) -> None:
    """Modules under names that the checks import, and settings for pytest."""
    hijack = "import os\nos._exit(0)\n"
    for name in (*STDLIB, *HOSTS):
        (tmp_path / f"{name}.py").write_text(hijack, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n", "utf-8")
    shutil.copy(tiny_course.solution / "main.py", tmp_path)
    assert check(tiny_course, tmp_path, LIMITS).status == "pass"
    wrong = (HERE / "hostile" / "threads.py").read_text("utf-8")
    (tmp_path / "main.py").write_text(wrong, "utf-8")
    report = check(tiny_course, tmp_path, LIMITS)
    assert [c.kind or c.status for c in report.checks] == ["wrong-body", "pass", "pass"]


COMMANDS = ("daemon", "grandchild", "exit_at_import", "fake_report", "output_flood", "threads")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_prints_one_report_and_exits_1(
    name: str, tiny_course: Exercise, tmp_path: Path
) -> None:
    program = HERE / "hostile" / f"{name}.py"
    report = Report(**run_command(tiny_course, program, tmp_path, status=1))
    report.checks = [Check.from_dict(check) for check in report.checks]
    report.problem = report.problem and Check.from_dict(report.problem)
    assert_verdict(Submission(tiny_course, "wrong", program), report)


def test_the_command_ends_a_child_that_it_can_no_longer_hear(
    tiny_course: Exercise, tmp_path: Path
) -> None:
    """Killed itself, the tool can stop nothing: the child's own alarm does."""
    program = HERE / "hostile" / "loop_at_import.py"
    command = start_command(tiny_course, program, tmp_path)
    wait_for(lambda: list(tmp_path.glob("course-*/run-1/main.py")))
    command.kill()
    command.communicate()
    wait_for(lambda: not processes_in(tmp_path))


def test_an_interrupted_command_leaves_nothing(tiny_course: Exercise, tmp_path: Path) -> None:
    program = HERE / "hostile" / "loop_at_import.py"
    command = start_command(tiny_course, program, tmp_path)
    wait_for(lambda: list(tmp_path.glob("course-*/run-1/main.py")))
    command.send_signal(signal.SIGINT)
    out, err = command.communicate(timeout=20)
    assert (command.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
    assert processes_in(tmp_path) == []


def run_command(exercise: Exercise, program: Path, temp: Path, status: int) -> dict[str, Any]:
    command = start_command(exercise, program, temp)
    out, err = command.communicate(timeout=60)
    assert (command.returncode, err) == (status, "")
    assert list(temp.iterdir()) == []
    assert processes_in(temp) == []
    data: dict[str, Any] = json.loads(out)
    return data


def start_command(exercise: Exercise, program: Path, temp: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "course", "check", "1", "--json", "--submission", str(program)],
        env={**os.environ, "COURSE_ROOT": str(exercise.root), "TMPDIR": str(temp)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def assert_verdict(submission: Submission, report: Report) -> None:
    """The report is what the program's first lines announce."""
    shown = report.as_json()
    assert report.status in ("fail", "error"), shown
    failure = report.first_failure
    assert failure is not None, shown
    assert all(c.status != "skipped" or c.message or report.problem for c in report.checks), shown
    if wanted := submission.says("problem"):
        assert failure is report.problem, shown
        assert fits(failure, wanted), shown
    if wanted := submission.says("checks"):
        assert report.problem is None, shown
        verdicts = zip(report.checks, wanted.split(), strict=True)
        assert all(fits(check, kind) for check, kind in verdicts), shown
    assert submission.says("says") in failure.message, shown
    assert is_helpful(failure), shown


def fits(check: Check, wanted: str) -> bool:
    return wanted == "any" or (check.kind or check.status) in wanted.split("|")


def is_helpful(check: Check) -> bool:
    """Something for a learner to read: sentences, or both sides; and not a word of ours."""
    ours = ("SIGKILL", "Traceback", "_pytest", "course/harness", "INTERNALERROR")
    said = check.message or f"{check.expected} {check.actual}"
    whole = not check.message or check.message.rstrip().endswith((".", "?", ":", "…"))
    return bool(check.expected or check.message) and whole and not any(w in said for w in ours)
