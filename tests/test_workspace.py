"""A submission is copied before it runs, and put back before each check."""

import os

import pytest

from course.harness.workspace import lay_out, restore, snapshot


def write(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    return folder


def names(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_the_submission_lies_beside_what_the_lesson_provides(tmp_path):
    lesson = write(tmp_path / "lesson", main="starter", shop="provided")
    mine = write(tmp_path / "mine", main="mine", extra="more")
    lay_out(lesson, mine, tmp_path / "run")
    assert names(tmp_path / "run") == ["extra.py", "main.py", "shop.py"]
    assert (tmp_path / "run/main.py").read_text("utf-8") == "mine"


def test_a_file_stands_for_main(tmp_path):
    lesson = write(tmp_path / "lesson", main="starter")
    mine = write(tmp_path / "mine", attempt="mine")
    lay_out(lesson, mine / "attempt.py", tmp_path / "run")
    assert (tmp_path / "run/main.py").read_text("utf-8") == "mine"


def test_a_missing_submission_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        lay_out(tmp_path, tmp_path / "nowhere", tmp_path / "run")


def test_links_and_pipes_are_left_out(tmp_path):
    mine = write(tmp_path / "mine", main="mine")
    (mine / "circle").symlink_to(mine, target_is_directory=True)
    (mine / "link.py").symlink_to(mine / "main.py")
    os.mkfifo(mine / "pipe")
    (mine / "__pycache__").mkdir()
    lay_out(tmp_path / "nothing", mine, tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["main.py"]


def test_files_come_back_as_they_were(tmp_path):
    folder = write(tmp_path / "run", main="mine", shop="provided")
    before = snapshot(folder)
    (folder / "main.py").unlink()
    (folder / "shop.py").write_text("changed", "utf-8")
    write(folder / "new", made="by the app")
    restore(folder, before)
    assert snapshot(folder) == before
