"""Lays a submission out beside what its lesson provides, in a folder of its own.

The learner's files are only ever read: what runs is this copy.
"""

from __future__ import annotations

import shutil
from pathlib import Path

MAIN = "main.py"
SKIPPED = ("__pycache__", ".venv", ".git", "node_modules", ".DS_Store", "*.pyc")


def lay_out(provided: Path, submission: Path, target: Path) -> None:
    """Copy the lesson's folder without its main.py, then the submission over it.

    `submission` is a folder with a main.py, or a file that stands for main.py. Raises
    FileNotFoundError when there is neither.
    """
    if provided.is_dir():
        _copy(provided, target, MAIN)
    if submission.is_dir():
        _copy(submission, target)
    elif submission.is_file():
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(submission, target / MAIN)
    else:
        raise FileNotFoundError(submission)


def snapshot(folder: Path) -> dict[Path, bytes]:
    """All files of a folder, as they are now."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def restore(folder: Path, files: dict[Path, bytes]) -> None:
    """Make the files of a folder those of its snapshot again."""
    for path in snapshot(folder).keys() - files.keys():
        path.unlink()
    for path, data in files.items():
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def _copy(source: Path, target: Path, *without: str) -> None:
    ignore = shutil.ignore_patterns(*SKIPPED, *without)
    shutil.copytree(
        source, target, ignore=ignore, dirs_exist_ok=True, copy_function=shutil.copyfile
    )
