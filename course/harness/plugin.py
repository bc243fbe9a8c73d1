"""The pytest plugin: imports the learner's code, runs the checks, tells what happened.

It also works under a plain pytest, with pytest's own output:

    python -m pytest -p course.harness.plugin checks/test_01_routing.py --submission FOLDER
"""

from __future__ import annotations

import inspect
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from course.harness import marks
from course.harness.advice import advise
from course.harness.case import Explanation
from course.harness.client import Recorded
from course.harness.explain import course_error, explain
from course.harness.failure import Comparison, Failure, read_failure
from course.harness.lifespan import ShutdownFailed, StartupFailed
from course.harness.load import LoadProblem
from course.harness.marks import PROGRAM_LIMIT
from course.harness.oracles import *  # noqa: F403  the fixtures
from course.harness.oracles import import_afresh, watched
from course.harness.programs import BROWSER, WINDOWS, find_program
from course.harness.report import LEVELS, PROGRAM_MISSING, TERMINAL_ONLY, Check, Exchange, Status
from course.harness.seams import override  # noqa: F401  a fixture
from course.harness.session import KEY, Session, session_of
from course.harness.words import shorten
from course.harness.workspace import lay_out, snapshot

LONGEST = 600  # characters of a text for the learner
KEPT = 3  # exchanges of a failed check that its verdict carries, the last ones


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("course")
    group.addoption("--submission", help="a main.py or its folder; by default lessons/NN_slug")
    group.addoption("--seed", help="makes the random values of the checks come out again")


def pytest_configure(config: pytest.Config) -> None:
    marks.register(config)
    if KEY not in config.stash:
        config.stash[KEY] = _session(config)


def _session(config: pytest.Config) -> Session:
    """The session of a plain pytest, on a copy of the learner's files that goes with it."""
    checks = Path(config.args[0].partition("::")[0]).resolve()
    slug = checks.stem.removeprefix("test_")
    provided = checks.parent.parent / "lessons" / slug
    folder = Path(tempfile.mkdtemp(prefix="course-")).resolve()
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    lay_out(provided, Path(config.getoption("--submission") or provided), folder)
    return Session(folder, slug, config.getoption("--seed") or secrets.token_hex(4))


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: Any, right: Any) -> None:
    """Keep both sides of the comparison that just failed; pytest explains it as ever."""
    session_of(config).comparison = Comparison(op, left, right)


def pytest_collection_finish(session: pytest.Session) -> None:
    checks = [asdict(_describe(item)) for item in session.items]
    session_of(session.config).emit({"event": "collected", "checks": checks})


def pytest_runtestloop(session: pytest.Session) -> None:
    """Before the first check: can the app be imported, started and stopped at all?"""
    run = session_of(session.config)
    run.wait()
    run.emit({"event": "load"})
    run.files = snapshot(run.folder)
    advice = advise(_sources(run), run.slug)
    try:
        loaded = import_afresh(run)
        with watched(loaded.app, run):
            pass
    except (LoadProblem, StartupFailed, ShutdownFailed) as error:
        explanation = explain(Failure(error, "body"), None, run.folder)
        title = "The app can be imported and started"
        run.problem = Check("load", title, "error")
        _fill(run.problem, explanation, run.folder)
        run.emit({"event": "problem", "check": asdict(run.problem)})
    else:
        advice = sorted([*loaded.advice, *advice], key=lambda piece: LEVELS.index(piece.level))
        run.emit({"event": "advice", "advice": [asdict(piece) for piece in advice]})


def _sources(run: Session) -> dict[str, str]:
    """The Python files of the learner's, as they were before any of their code ran."""
    return {
        path.relative_to(run.folder).as_posix(): data.decode("utf-8-sig", "replace")
        for path, data in run.files.items()
        if path.suffix == ".py"
    }


def pytest_sessionfinish(session: pytest.Session) -> None:
    session_of(session.config).close_shared()


def pytest_runtest_setup(item: pytest.Item) -> None:
    run = session_of(item.config)
    run.exchanges.clear()
    run.comparison = None
    if run.problem:
        pytest.fail(run.problem.message, pytrace=False)
    for why in marks.texts(item, "terminal_only") if BROWSER else ():
        pytest.skip(why)
    if missing := _missing(item):
        pytest.skip(missing)
    for other in marks.texts(item, "needs"):
        if run.done.get(other, "pass") != "pass":
            pytest.skip(_title(item, other))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    event: dict[str, Any] = {"event": "start", "id": item.name}
    if marks.texts(item, "needs_program"):
        event["limit"] = PROGRAM_LIMIT
    session_of(item.config).emit(event)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    run = session_of(item.config)
    if call.when == "call" and run.shared is None:
        run.guard.restore()  # checks that share an app share what it has patched
    if item.name in run.done or (call.when == "setup" and report.passed):
        return report
    if call.when == "teardown" and report.passed:
        return report
    check = _describe(item)
    check.seconds = round(report.duration, 4)
    check.status = _status(report, run)
    if check.status == "skipped" and BROWSER and marks.texts(item, "terminal_only"):
        check.kind, check.message = TERMINAL_ONLY, f"Only in the terminal: {_reason(report)}"
    elif check.status == "skipped" and not run.problem and (missing := _missing(item)):
        check.kind, check.message = PROGRAM_MISSING, missing
    elif check.status == "skipped":
        check.message = _because(report, run)
    elif check.status != "pass" and call.excinfo:
        failure = read_failure(call.excinfo, item.path, run.comparison, run.exchanges)
        _fill(check, _explanation(failure, run), run.folder)
        check.status = "error" if check.kind == "course-error" else "fail"
        check.exchanges = _up_to(failure.recorded, run.exchanges)[-KEPT:]
    if check.kind not in (TERMINAL_ONLY, PROGRAM_MISSING):  # others do not wait for it
        run.done[check.id] = check.status
    if check.status in ("fail", "error"):
        run.close_shared()  # the next check must not find what this one has left
    run.emit({"event": "result", "check": asdict(check)})
    return report


def _status(report: pytest.TestReport, run: Session) -> Status:
    if run.problem or report.skipped:
        return "skipped"
    return "pass" if report.passed else "fail"


def _missing(item: pytest.Item) -> str:
    """Which program this machine lacks for a check, and how to get it; "" when all is there."""
    for mark in item.iter_markers("needs_program"):
        name, *how = mark.args
        if not find_program(name):
            if WINDOWS:
                return f"{name} can be used only on Linux and macOS: in WSL, or in a Codespace."
            return f"{name} is not installed. {' '.join(how)}".strip()
    return ""


def _because(report: pytest.TestReport, run: Session) -> str:
    if run.problem:
        return f"Waits for: {run.problem.title}"
    return f"Waits for: {_reason(report)}"


def _reason(report: pytest.TestReport) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    return reason.removeprefix("Skipped: ")


def _explanation(failure: Failure, run: Session) -> Explanation:
    try:
        return explain(failure, run.loaded.app if run.loaded else None, run.folder)
    except Exception as error:
        return course_error(error)


def _up_to(last: Recorded | None, exchanges: list[Recorded]) -> list[Exchange]:
    """The exchanges of a check, ending with the one that its failure is about."""
    known = [recorded is last for recorded in exchanges]
    end = known.index(True) + 1 if any(known) else len(exchanges)
    return [recorded.exchange for recorded in exchanges[:end]]


def _fill(check: Check, explanation: Explanation, folder: Path) -> None:
    def short(text: str) -> str:
        """Without the temporary folder and without addresses, which are nothing to the learner."""
        text = re.sub(r" at 0x[0-9a-fA-F]+", "", text)
        return shorten(text.replace(f"{folder}{os.sep}", "").replace(str(folder), "."), LONGEST)

    check.kind, check.message = explanation.kind, short(explanation.message)
    check.expected = short(explanation.expected) if explanation.expected is not None else None
    check.actual = short(explanation.actual) if explanation.actual is not None else None
    if place := explanation.place:
        check.file, check.line, check.source = place.file, place.line, short(place.source)


def _describe(item: pytest.Item) -> Check:
    sections = marks.texts(item, "section")
    slug = session_of(item.config).slug
    return Check(
        id=item.name,
        title=_first_line(item.name, getattr(item, "obj", None)),
        hints=len(marks.texts(item, "hints")),
        docs=f"lessons/{slug}/#{sections[0]}" if sections else f"lessons/{slug}/",
    )


def _first_line(name: str, function: object) -> str:
    doc = inspect.getdoc(function) if inspect.isfunction(function) else None
    return (doc or "").partition("\n")[0].rstrip(".") or name


def _title(item: pytest.Item, other: str) -> str:
    """The title of another check of the file, also of one that an earlier child has run."""
    module = getattr(item, "module", None)
    return _first_line(other, getattr(module, other, None))
