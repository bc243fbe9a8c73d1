"""Lays a submission out beside what its lesson provides, in a folder of its own.

The learner's files are only ever read: what runs is this copy.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

MAIN = "main.py"
SKIPPED = ("__pycache__", ".venv", ".git", "node_modules", ".DS_Store", "*.pyc")


def lay_out(provided: Path, submission: Path, target: Path, under: Path | None = None) -> None:
    """Copy the lesson's folder without its main.py, then the submission over it.

    What the submission lacks is taken from the folder `under`, when there is one. `submission` is a
    folder with a main.py, or a file that stands for main.py. Raises FileNotFoundError when there is
    neither, OSError when something cannot be read.
    """
    if provided.is_dir():
        _copy(provided, target, MAIN)
    if under is not None:
        _copy(under, target)
    if submission.is_dir():
        _copy(submission, target)
    elif submission.is_file():
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(submission, target / MAIN)
    else:
        raise FileNotFoundError(submission)


def snapshot(folder: Path) -> dict[Path, bytes]:
    """All files of a folder, as they are now. What cannot be read, or reached, is not among them."""
    files: dict[Path, bytes] = {}
    for path, _, names in os.walk(folder):
        for name in names:
            file = Path(path, name)
            with suppress(OSError):
                if file.is_file() and not file.is_symlink():
                    files[file] = file.read_bytes()
    return files


def restore(folder: Path, files: dict[Path, bytes]) -> None:
    """Make the files of a folder those of its snapshot again."""
    now = snapshot(folder)
    with suppress(OSError):
        for path in now.keys() - files.keys():
            path.unlink()
        for path, data in files.items():
            if now.get(path) != data:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)


def _copy(source: Path, target: Path, *without: str) -> None:
    named = shutil.ignore_patterns(*SKIPPED, *without)

    def ignored(folder: str, names: list[str]) -> set[str]:
        """Also what is neither a file nor a folder, and links: they can lead in circles."""
        return named(folder, names) | {name for name in names if not _plain(Path(folder, name))}

    shutil.copytree(
        source, target, ignore=ignored, dirs_exist_ok=True, copy_function=shutil.copyfile
    )


def _plain(path: Path) -> bool:
    return not path.is_symlink() and (path.is_file() or path.is_dir())
