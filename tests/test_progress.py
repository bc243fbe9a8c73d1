"""The progress file: what it remembers, and that nothing but a whole file is ever to be seen."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from course import progress as module
from course.catalogue import Exercise
from course.harness.report import Check, Report, Status
from course.progress import NotSaved, Progress, ProgressFile, Record, current, following

NOON, LATER = "2026-11-22T12:00:00Z", "2026-11-23T12:00:00Z"
SLUGS = ("01_routing", "02_models", "challenge_easy")


def report(slug: str, *statuses: Status) -> Report:
    """A verdict with one check of each status; none at all is a file that did not load."""
    checks = [Check(f"test_{n}", f"Check {n}", status) for n, status in enumerate(statuses)]
    problem = None if statuses else Check("load", "The app can be imported", "error")
    return Report(slug, "Title", problem=problem, checks=checks).conclude()


def test_a_new_course_has_no_progress_and_reading_writes_nothing(tmp_path):
    assert ProgressFile(tmp_path).read() == Progress()
    assert list(tmp_path.iterdir()) == []


def test_a_verdict_is_remembered(tmp_path):
    ProgressFile(tmp_path).change(lambda p: p.take(report("01_routing", "pass", "fail"), NOON))
    record = ProgressFile(tmp_path).read().of("01_routing")
    assert record == Record("fail", passed=1, checks=2, checked_at=NOON)
    assert record.state == "begun"


def test_a_lesson_that_passed_and_fails_again_is_shown_as_such():
    progress = Progress()
    assert progress.of("01_routing").state == "open"
    progress.take(report("01_routing", "pass"), NOON)
    assert progress.of("01_routing").state == "passed"
    progress.take(report("01_routing", "fail"), LATER)
    assert progress.of("01_routing").state == "fails again"
    assert progress.of("01_routing").passed_at == NOON
    progress.take(report("01_routing", "pass"), LATER)
    assert progress.of("01_routing").passed_at == NOON


def test_a_file_that_does_not_load_keeps_the_number_of_checks():
    progress = Progress()
    progress.take(report("01_routing", "pass", "fail"), NOON)
    progress.take(report("01_routing"), LATER)
    assert (progress.of("01_routing").passed, progress.of("01_routing").checks) == (0, 2)


def test_the_pointer_is_the_first_that_never_passed():
    every = [Exercise(slug) for slug in SLUGS]
    progress = Progress()
    assert current(progress, every) == every[0]
    progress.take(report(SLUGS[0], "pass"), NOON)
    progress.take(report(SLUGS[0], "fail"), NOON)
    assert current(progress, every) == every[1]
    assert following(progress, every, every[1]) == every[2]
    for slug in SLUGS[1:]:
        progress.take(report(slug, "pass"), NOON)
    assert current(progress, every) == every[0], "fails again, and everything else has passed"
    assert following(progress, every, every[0]) is None


def test_drills_are_beside_the_way():
    slugs = ("10_deployment", "challenge_easy", "bonus_model_serving", "drill_form", "drill_header")
    lesson, challenge, bonus, form, header = every = [Exercise(slug) for slug in slugs]
    progress = Progress()
    progress.take(report(lesson.slug, "pass"), NOON)
    assert following(progress, every, lesson) == challenge, "and no drill comes in between"
    assert following(progress, every, bonus) == challenge
    assert following(progress, every, form) == header, "after a drill comes a drill"
    assert following(progress, every, header) == challenge, "and then the way goes on"
    progress.take(report(challenge.slug, "pass"), NOON)
    progress.take(report(bonus.slug, "pass"), NOON)
    assert current(progress, every) == form, "there is nothing else"
    progress.take(report(challenge.slug, "fail"), LATER)
    assert current(progress, every) == challenge
    for drill in (form, header):
        progress.take(report(drill.slug, "pass"), NOON)
    progress.take(report(challenge.slug, "pass"), LATER)
    assert current(progress, every) is None


def test_what_this_version_does_not_know_is_kept(tmp_path):
    """After an update and back again, nothing is lost."""
    ProgressFile(tmp_path).change(lambda p: p.take(report("11_future", "pass"), NOON))
    ProgressFile(tmp_path).change(lambda p: p.take(report("01_routing", "pass"), NOON))
    assert ProgressFile(tmp_path).read().records.keys() == {"11_future", "01_routing"}


BROKEN = {
    "half": b'{"schema": 1, "exer',
    "empty": b"",
    "no JSON": b"\xff\x00",
    "a list": b"[]",
    "too deep": b"[" * 100_000,
    "without exercises": b'{"schema": 1}',
    "an entry that is none": b'{"schema": 1, "exercises": {"01_routing": 3}}',
    "a value of another type": json.dumps(
        {"schema": 1, "exercises": {"x": {**vars(Record()), "passed": "many"}}}
    ).encode(),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_kept_aside_and_said_so(tmp_path, name):
    file = ProgressFile(tmp_path)
    file.folder.mkdir()
    file.path.write_bytes(BROKEN[name])
    assert file.read() == Progress()
    (aside,) = file.folder.glob("progress.broken-*.json")
    assert aside.read_bytes() == BROKEN[name]
    assert f"It is kept as .course/{aside.name}" in file.notes[0]
    file.change(lambda p: p.take(report("01_routing", "pass"), NOON))
    assert ProgressFile(tmp_path).read().of("01_routing").state == "passed"


def test_two_broken_files_are_both_kept(tmp_path):
    file = ProgressFile(tmp_path)
    file.folder.mkdir()
    for data in (b"one", b"two"):
        file.path.write_bytes(data)
        file.read()
    kept = {path.read_bytes() for path in file.folder.glob("progress.broken-*.json")}
    assert kept == {b"one", b"two"}


def test_a_file_of_a_newer_version_is_left_as_it_is(tmp_path):
    file = ProgressFile(tmp_path)
    file.folder.mkdir()
    newer = json.dumps({"schema": 2, "stages": []})
    file.path.write_text(newer, "utf-8")
    assert file.read() == Progress()
    assert "newer version" in file.notes[0]
    with pytest.raises(NotSaved, match="newer version"):
        file.change(lambda p: p.take(report("01_routing", "pass"), NOON))
    assert file.path.read_text("utf-8") == newer


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path):
    (tmp_path / ".course").write_text("in the way", "utf-8")
    with pytest.raises(NotSaved, match="could not be saved"):
        ProgressFile(tmp_path).change(lambda p: p.take(report("01_routing", "pass"), NOON))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    file = ProgressFile(tmp_path)
    file.change(lambda p: p.take(report("01_routing", "pass"), NOON))
    before = file.path.read_bytes()
    real = os.open

    def full(path: Any, *rest: Any) -> int:
        return real("/dev/full", os.O_WRONLY) if str(path).endswith(".new") else real(path, *rest)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(NotSaved, match=os.strerror(errno.ENOSPC)):
        file.change(lambda p: p.take(report("02_models", "pass"), NOON))
    assert file.path.read_bytes() == before


def add_passes(root: Path, slug: str, times: int) -> None:
    for number in range(times):
        ProgressFile(root).change(lambda p, n=number: p.hint_shown(slug, f"test_{n}", 1))


def test_two_terminals_at_once_lose_nothing(tmp_path):
    context = multiprocessing.get_context("fork")
    terminals = [context.Process(target=add_passes, args=(tmp_path, s, 50)) for s in SLUGS]
    for terminal in terminals:
        terminal.start()
    for terminal in terminals:
        terminal.join()
    records = ProgressFile(tmp_path).read().records
    assert {slug: len(record.hints) for slug, record in records.items()} == dict.fromkeys(SLUGS, 50)


def test_a_terminal_that_never_ends_its_change_does_not_stop_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    with ProgressFile(tmp_path)._locked(), pytest.raises(NotSaved, match="another terminal"):
        ProgressFile(tmp_path).change(lambda p: p.take(report("01_routing", "pass"), NOON))


# A kill between any two system calls, in a process of its own: `Deadly` stands for `os` in the
# module, counts each call of it, and at the chosen one kills the process, before it or after it.


class Deadly:
    def __init__(self, calls: int, after: bool, half: bool) -> None:
        self.calls, self.after, self.half = calls, after, half

    def __getattr__(self, name: str) -> Any:
        value = getattr(os, name)
        if not callable(value):
            return value

        def call(*arguments: Any, **named: Any) -> Any:
            self.calls -= 1
            if self.calls == 0 and not self.after:
                if name == "write" and self.half:
                    os.write(arguments[0], arguments[1][: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            result = value(*arguments, **named)
            if self.calls == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call


@contextmanager
def deadly(calls: int, after: bool, half: bool) -> Iterator[None]:
    module.os = Deadly(calls, after, half)  # type: ignore[assignment]
    try:
        yield
    finally:
        module.os = os


def survive(change: Callable[[], object], calls: int, after: bool, half: bool) -> bool:
    """Make a change in a process that is killed at one of its system calls. Whether it came to its
    end before that call.
    """
    child = os.fork()
    if child == 0:
        with deadly(calls, after, half):
            try:
                change()
            finally:
                os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


CALLS = st.integers(1, 12)
STATUSES = st.lists(st.sampled_from(["pass", "fail", "skipped"]), max_size=3)


class Terminals(RuleBasedStateMachine):
    """Two terminals, of which each change may be cut off, against a plain dictionary."""

    @initialize(folder=st.builds(lambda: None))
    def begin(self, folder: None) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.model = Progress()
        self.file = ProgressFile(self.root)

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(slug=st.sampled_from(SLUGS), statuses=STATUSES, when=st.sampled_from([NOON, LATER]))
    def check(self, slug: str, statuses: list[Status], when: str) -> None:
        verdict = report(slug, *statuses)
        self.file.change(lambda p: p.take(verdict, when))
        self.model.take(verdict, when)

    @rule(
        slug=st.sampled_from(SLUGS),
        check=st.sampled_from(["test_a", "test_b"]),
        n=st.integers(1, 4),
    )
    def hint(self, slug: str, check: str, n: int) -> None:
        self.file.change(lambda p: p.hint_shown(slug, check, n))
        self.model.hint_shown(slug, check, n)

    @rule(
        slug=st.sampled_from(SLUGS),
        statuses=STATUSES,
        n=CALLS,
        after=st.booleans(),
        half=st.booleans(),
    )
    def check_and_be_killed(
        self, slug: str, statuses: list[Status], n: int, after: bool, half: bool
    ) -> None:
        verdict = report(slug, *statuses)
        before = ProgressFile(self.root).read()
        ended = survive(lambda: self.file.change(lambda p: p.take(verdict, LATER)), n, after, half)
        self.model.take(verdict, LATER)
        now = ProgressFile(self.root).read()
        if now != self.model:
            assert not ended
            assert now == before, "neither the old nor the new"
            self.model = before

    @rule()
    def open_another_terminal(self) -> None:
        self.file = ProgressFile(self.root)

    @invariant()
    def the_file_says_what_was_reached(self) -> None:
        if hasattr(self, "file"):
            assert ProgressFile(self.root).read() == self.model
            leftovers = {path.name for path in self.file.folder.glob("*")}
            assert leftovers <= {"progress.json", "progress.json.new", "lock"}


TestTerminals = Terminals.TestCase
TestTerminals.settings = settings(
    max_examples=60, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("after", [False, True])
def test_the_kills_really_hit_every_system_call_of_a_write(tmp_path, after):
    """Else the test above could not fail: the calls before the replacement leave the old file."""
    file = ProgressFile(tmp_path)
    outcomes = []
    for calls in range(1, 20):
        file.change(lambda p: p.records.clear())
        change = lambda: file.change(lambda p: p.take(report("01_routing", "pass"), NOON))  # noqa: E731
        if survive(change, calls, after, half=True):
            break
        outcomes.append(bool(file.read().records))
    # open the lock; open, write, fsync, close and replace the file; close the lock
    assert len(outcomes) >= 7
    replaced = outcomes.index(True)
    assert outcomes == [False] * replaced + [True] * (len(outcomes) - replaced)


@given(data=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_whatever_break_it(tmp_path, data):
    file = ProgressFile(tmp_path)
    file.folder.mkdir(exist_ok=True)
    file.path.write_bytes(data)
    file.read()
    if not any("newer version" in note for note in file.notes):
        file.change(lambda p: p.take(report("01_routing", "pass"), NOON))
        assert ProgressFile(tmp_path).read().of("01_routing").state == "passed"
