"""The child process: what it may see, what comes out of it, and what is said when it ends."""

from __future__ import annotations

import re
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import processes_in

from course import processes
from course.catalogue import Exercise
from course.harness.report import Report
from course.pool import Job, run_all
from course.runner import MOST_PROCESSES, check
from course.spare import Limits, Spare

LIMITS = Limits(check=1, run=10)
APP = """\
from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)
"""
pytestmark = pytest.mark.usefixtures("temp")


def submit(folder: Path, root: str, before: str = "") -> Path:
    """A submission that is right but for what `before` and the body of GET / do."""
    main = folder / "main.py"
    main.write_text(f'{before}{APP}\n\n@app.get("/")\nasync def read_root():\n{root}\n', "utf-8")
    return main


def verdicts(report: Report) -> list[str]:
    return [check.kind or check.status for check in report.checks]


def test_a_solution_passes_and_a_starter_fails(tiny_course: Exercise) -> None:
    report = check(tiny_course, tiny_course.solution, LIMITS)
    assert (report.status, verdicts(report)) == ("pass", ["pass"] * 3)
    assert report.title == "Tiny"
    report = check(tiny_course, tiny_course.folder, LIMITS)
    assert (report.status, verdicts(report)) == ("fail", ["route-missing"] * 3)


def test_events_are_told_as_they_come(tiny_course: Exercise) -> None:
    events: list[dict[str, Any]] = []
    check(tiny_course, tiny_course.solution, LIMITS, on_event=events.append)
    names = [event["event"] for event in events if event["event"] != "ready"]
    assert names[:3] == ["collected", "load", "advice"]
    assert names[3:-1] == ["start", "request", "result"] * 3
    assert names[-1] == "end"


def test_what_a_child_said_before_it_ended_is_heard_late(
    tiny_course: Exercise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine, its end can be seen before its last words."""
    seen = threading.Event()
    ended, read = Spare.ended, Spare._read_events

    def slow_read(spare: Spare, stream: Any) -> None:
        seen.wait(10)
        read(spare, stream)

    def tell_ended(spare: Spare, seconds: float = 0.0) -> int | None:
        status = ended(spare, seconds)
        if status is not None:
            seen.set()
        return status

    monkeypatch.setattr(Spare, "_read_events", slow_read)
    monkeypatch.setattr(Spare, "ended", tell_ended)
    main = tmp_path / "main.py"
    main.write_text("import os\n\nos._exit(0)\n", "utf-8")
    report = check(tiny_course, main, LIMITS)
    assert report.problem is not None
    assert report.problem.kind == "crashed"


def test_a_hanging_check_is_named_with_its_line_and_the_others_run_in_a_new_child(
    tiny_course: Exercise, tmp_path: Path
) -> None:
    root = "    import time\n    print(os.getpid(), flush=True)\n    time.sleep(60)"
    before = "import os\n\nprint(os.getpid())\n"
    report = check(tiny_course, submit(tmp_path, root, before), LIMITS)
    assert verdicts(report) == ["hung", "pass", "pass"]
    hung = report.checks[0]
    assert (hung.file, hung.line, hung.source) == ("main.py", 15, "time.sleep(60)")
    assert (hung.expected, hung.actual) == ("an end within 1 s", "still running after 1 s")
    assert hung.message.startswith("Line 15 was still running")
    assert hung.exchanges[0].url == "/"
    assert len(set(report.output.split())) == 2


def test_what_waits_for_a_hanging_check_names_its_title(
    tiny_course: Exercise, tmp_path: Path
) -> None:
    root = shutil.copytree(tiny_course.root, tmp_path / "course")
    checks = root / "checks/test_01_tiny.py"
    text = checks.read_text("utf-8").replace(
        "import hints, section", "import hints, needs, section"
    )
    checks.write_text(text.replace("def test_echo", '@needs("test_root")\ndef test_echo'), "utf-8")
    submission = submit(tmp_path, "    import time\n    time.sleep(60)")
    report = check(Exercise("01_tiny", root), submission, LIMITS)
    assert verdicts(report) == ["hung", "pass", "skipped"]
    assert report.checks[2].message == "Waits for: GET / says hello"


def test_a_late_run_names_what_it_did_not_reach(tiny_course: Exercise, tmp_path: Path) -> None:
    main = submit(tmp_path, "    import time\n    time.sleep(60)")
    report = check(tiny_course, main, Limits(check=60, run=2))
    assert verdicts(report) == ["hung", "skipped", "skipped"]
    assert report.checks[0].expected == "an end within 2 s"
    assert report.checks[1].message == "Not reached: the whole run took more than 2 s."


def test_output_is_kept_apart_and_cut_with_a_note(tiny_course: Exercise, tmp_path: Path) -> None:
    root = '    import sys\n    print("ä" * 50)\n    print("é", file=sys.stderr, end="")'
    main = submit(tmp_path, f'{root}\n    return {{"hello": "world"}}')
    report = check(tiny_course, main, LIMITS)
    assert (report.status, report.output) == ("pass", f"{'ä' * 50}\né")
    report = check(tiny_course, main, Limits(check=1, run=10, output=40))
    assert report.output == f"{'ä' * 20}\n… only the first 40 bytes of the output are kept."


def test_the_environment_is_reduced_and_home_is_temporary(
    tiny_course: Exercise, temp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_TOKEN", "hunter2")
    root = """\
    import os, pathlib, tempfile
    print("hunter2" in str(os.environ), list(os.environ))
    print(tempfile.gettempdir(), pathlib.Path.home(), pathlib.Path.cwd(), sep="\\n")
    return {"hello": "world"}"""
    report = check(tiny_course, submit(tmp_path, root), LIMITS)
    assert report.status == "pass"
    names, *places = report.output.splitlines()
    assert names.startswith("False ")
    assert not re.search("TOKEN|COURSE|PYTHONPATH|VIRTUAL_ENV", names)
    assert len(places) == 3
    # The path of the folder itself is left out of what is shown.
    assert all(place.startswith((str(temp / "course-"), "run-")) for place in places)


def test_the_files_of_the_learner_are_only_read(tiny_course: Exercise, tmp_path: Path) -> None:
    root = """\
    import pathlib
    pathlib.Path(__file__).write_text("")
    pathlib.Path("new.txt").write_text("")
    return {"hello": "world"}"""
    main = submit(tmp_path, root)
    before = main.read_bytes()
    assert check(tiny_course, main, LIMITS).status == "pass"
    assert main.read_bytes() == before
    assert list(tmp_path.iterdir()) == [main]


def test_a_child_that_is_used_again_gives_the_same_reports(
    tiny_course: Exercise, tmp_path: Path
) -> None:
    """Also after submissions that change what they share: modules, variables, the folder."""
    rude = tmp_path / "rude"
    rude.mkdir()
    before = (
        "import json, os\njson.loads = None\nos.environ['PYTEST_ADDOPTS'] = '-x'\nos.chdir('/')\n"
    )
    paths = [
        submit(rude, '    print("rude")\n    return {"hello": "nobody"}', before),
        tiny_course.solution,
        tiny_course.folder,
        tiny_course.solution,
    ]
    jobs = [Job(number, tiny_course, path) for number, path in enumerate(paths)]
    again = {job.key: report for job, report in run_all(jobs, LIMITS, seed="1", workers=1)}
    for number, path in enumerate(paths):
        assert plain(again[number]) == plain(check(tiny_course, path, LIMITS, seed="1"))


def plain(report: Report) -> dict[str, Any]:
    """A Report without its times."""
    data = report.as_dict()
    times = [data, *data["checks"], *(e for c in data["checks"] for e in c["exchanges"])]
    for part in times:
        part["seconds"] = 0
    return data


def test_a_path_that_is_not_there(tiny_course: Exercise, temp: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check(tiny_course, tmp_path / "nothing.py", LIMITS)
    assert list(temp.iterdir()) == []


def test_checks_that_cannot_be_read_are_no_fault_of_the_learner(
    tiny_course: Exercise, tmp_path: Path
) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks/test_01_tiny.py").write_text("def test_(:\n", "utf-8")
    report = check(Exercise("01_tiny", tmp_path), tiny_course.solution, LIMITS)
    assert report.problem is not None
    assert (report.status, report.problem.kind) == ("error", "course-error")
    assert "not in your code" in report.problem.message


def test_an_interrupt_in_the_parent_leaves_nothing(tiny_course: Exercise, temp: Path) -> None:
    def interrupt(event: dict[str, Any]) -> None:
        if event["event"] == "start":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(tiny_course, tiny_course.solution, LIMITS, on_event=interrupt)
    assert list(temp.iterdir()) == []
    assert processes_in(temp) == []


def test_closing_twice_kills_nobody_else(temp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spare = Spare(LIMITS)
    spare.close()
    monkeypatch.setattr(processes, "family", lambda pid: pytest.fail("looked again"))
    spare.close()
    assert list(temp.iterdir()) == []


def test_the_family_is_known_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS, where `ps` tells."""
    spare = Spare(LIMITS)
    try:
        monkeypatch.setattr(processes, "LINUX", False)
        parents = processes._parents()
        if not parents:
            pytest.skip("There is no ps here.")
        assert spare.child.pid in parents
        assert len(processes.family(spare.child.pid)) < MOST_PROCESSES
    finally:
        monkeypatch.undo()
        spare.close()


def test_the_environment_of_a_run_is_seen_by_it_alone(
    tiny_course: Exercise, tmp_path: Path
) -> None:
    main = submit(
        tmp_path, '    return {"hello": os.environ.get("GREETING", "world")}', "import os\n"
    )
    report = check(tiny_course, main, LIMITS, environment={"GREETING": "you"})
    assert verdicts(report) == ["wrong-body", "pass", "pass"]
    jobs = [
        Job("with", tiny_course, main, environment={"GREETING": "you"}),
        Job("without", tiny_course, main),
    ]
    reports = {job.key: report for job, report in run_all(jobs, LIMITS, workers=1)}
    assert reports["with"].status == "fail"
    assert reports["without"].status == "pass"
