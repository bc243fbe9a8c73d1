"""`reset` brings the starter back, and never loses a learner's file."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import fake_course
import pytest

from course import reset as module
from course.catalogue import Exercise, find
from course.reset import NothingToUndo, kept, reset, same, undo

MINE = fake_course.SOLUTION


@pytest.fixture
def exercise(tmp_path: Path) -> Exercise:
    return find("1", fake_course.make(tmp_path))


def solve(exercise: Exercise, text: str = MINE) -> None:
    (exercise.folder / "main.py").write_text(text, "utf-8")


def main(folder: Path) -> str:
    return (folder / "main.py").read_text("utf-8")


def test_the_starter_comes_back_and_the_learners_version_is_kept(exercise):
    solve(exercise)
    copy = reset(exercise)
    assert main(exercise.folder) == fake_course.STARTER
    assert main(copy) == MINE
    assert copy.parent == exercise.root / ".course/kept/01_two_numbers"


def test_a_starter_is_left_alone(exercise):
    assert reset(exercise) is None
    assert kept(exercise) == []


def test_undo_brings_the_version_back_and_the_copy_stays(exercise):
    solve(exercise)
    copy = reset(exercise)
    assert undo(exercise) == (copy, None)
    assert main(exercise.folder) == MINE
    assert kept(exercise) == [copy]


def test_undo_keeps_what_was_written_since(exercise):
    solve(exercise)
    first = reset(exercise)
    solve(exercise, "# a second try\n")
    source, aside = undo(exercise)
    assert source == first
    assert main(aside) == "# a second try\n"


def test_undo_walks_back_through_all_versions(exercise):
    versions = [f"# version {number}\n" for number in range(3)]
    for version in versions:
        solve(exercise, version)
        reset(exercise)
    undo(exercise)
    assert main(exercise.folder) == versions[2]
    assert {main(copy) for copy in kept(exercise)} == set(versions)


def test_without_a_copy_there_is_nothing_to_undo(exercise):
    with pytest.raises(NothingToUndo):
        undo(exercise)


def test_two_resets_in_one_second_keep_both(exercise):
    for text in ("# one\n", "# two\n"):
        solve(exercise, text)
        reset(exercise)
    assert [main(copy) for copy in kept(exercise)] == ["# two\n", "# one\n"]


def test_files_that_the_learner_added_or_deleted_are_kept_and_restored(exercise):
    (exercise.folder / "routers").mkdir()
    (exercise.folder / "routers/shop.py").write_text("x = 1\n", "utf-8")
    (exercise.folder / "main.py").unlink()
    copy = reset(exercise)
    assert same(exercise.folder, exercise.starter)
    assert not (exercise.folder / "routers").exists()
    assert (copy / "routers/shop.py").read_text("utf-8") == "x = 1\n"
    undo(exercise)
    assert same(exercise.folder, copy)


def test_a_folder_that_is_gone_comes_back(exercise):
    shutil.rmtree(exercise.folder)
    reset(exercise)
    assert same(exercise.folder, exercise.starter)


def test_what_a_link_leads_to_is_not_touched(exercise, tmp_path):
    elsewhere = tmp_path / "elsewhere.py"
    elsewhere.write_text(MINE, "utf-8")
    (exercise.folder / "main.py").unlink()
    (exercise.folder / "main.py").symlink_to(elsewhere)
    reset(exercise)
    assert main(exercise.folder) == fake_course.STARTER
    assert elsewhere.read_text("utf-8") == MINE


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_committed_work_is_reset_too(exercise):
    git(exercise.root, "init", "-q")
    solve(exercise)
    git(exercise.root, "add", ".")
    git(exercise.root, "commit", "-qm", "My solution")
    reset(exercise)
    assert main(exercise.folder) == fake_course.STARTER


def test_after_an_update_the_new_starter_comes(exercise):
    solve(exercise)
    newer = fake_course.STARTER + "# TODO 2: a new task\n"
    (exercise.starter / "main.py").write_text(newer, "utf-8")
    reset(exercise)
    assert main(exercise.folder) == newer


def test_a_course_without_the_starter_says_so(exercise):
    shutil.rmtree(exercise.starter)
    solve(exercise)
    with pytest.raises(FileNotFoundError, match="has no starter for 01_two_numbers"):
        reset(exercise)
    assert main(exercise.folder) == MINE


def killed_at(step: int, exercise: Exercise) -> bool:
    """Reset in a process that is killed at its n-th write, rename or removal. False when it ended."""
    child = os.fork()
    if child == 0:
        left = [step]

        def deadly(method):
            def call(*arguments, **named):
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return method(*arguments, **named)

            return call

        for name in ("write_bytes", "rename", "replace", "unlink", "mkdir", "rmdir"):
            setattr(Path, name, deadly(getattr(Path, name)))
        try:
            reset(exercise)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def test_a_kill_at_any_step_loses_nothing_and_the_next_reset_goes_through(tmp_path):
    """Whatever was reached, the learner's text stands whole in the lesson or in a copy."""
    for step in range(1, 40):
        exercise = find("1", fake_course.make(tmp_path / str(step)))
        solve(exercise)
        (exercise.folder / "extra.py").write_text("y = 2\n", "utf-8")
        killed = killed_at(step, exercise)
        folders = [exercise.folder, *kept(exercise)]
        for name, text in (("main.py", MINE), ("extra.py", "y = 2\n")):
            found = [(folder / name) for folder in folders if (folder / name).is_file()]
            assert text in [file.read_text("utf-8") for file in found]
        if not killed:
            break
        reset(exercise)
        assert same(exercise.folder, exercise.starter)
    assert step > 6, "the kills have hit something"


def test_half_a_copy_is_not_offered(exercise):
    part = exercise.root / f".course/kept/01_two_numbers/2026-11-22-120000{module.PART}"
    part.mkdir(parents=True)
    assert kept(exercise) == []
