"""Puts a lesson back to its starter, and the learner's version aside, so that nothing is lost.

The starters are kept twice: in `lessons/`, where learners change them, and in `course/starters/`.
So it does not matter whether there is a git, what was committed, or which version was downloaded.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from course.catalogue import Exercise
from course.harness.workspace import SKIPPED
from course.progress import free, stamp

PART = ".part"  # a copy that is not complete


class NothingToUndo(Exception):
    """No copy is kept that differs from what is there."""


def reset(exercise: Exercise) -> Path | None:
    """Put the starter back. The folder where the learner's version is kept, None if it was the same.

    Raises FileNotFoundError when the course has no starter, OSError when something cannot be
    written; the learner's version is then complete in at least one of the two places.
    """
    if not exercise.starter.is_dir():
        raise FileNotFoundError(f"The course has no starter for {exercise.slug}.")
    if same(exercise.folder, exercise.starter):
        return None
    kept = _keep(exercise)
    _replace(exercise.folder, exercise.starter)
    return kept


def undo(exercise: Exercise) -> tuple[Path, Path | None]:
    """Bring back the newest copy that differs from what is there.

    The copy, which stays, and the folder where what was there is kept now, None when it was the
    starter or is kept already. Raises NothingToUndo, OSError.
    """
    copies = kept(exercise)
    different = [copy for copy in copies if not same(copy, exercise.folder)]
    if not different:
        raise NothingToUndo(f"No other version of {exercise.slug} is kept.")
    known = len(different) < len(copies) or same(exercise.folder, exercise.starter)
    aside = None if known else _keep(exercise)
    _replace(exercise.folder, different[0])
    return different[0], aside


def kept(exercise: Exercise) -> list[Path]:
    """The copies that are kept of an exercise, the newest first."""
    folder = _kept(exercise)
    found = folder.iterdir() if folder.is_dir() else iter(())
    copies = [copy for copy in found if copy.is_dir() and copy.suffix != PART]
    return sorted(copies, key=lambda copy: (copy.stat().st_mtime_ns, copy.name), reverse=True)


def same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files, apart from caches."""
    return _files(one) == _files(other)


def _kept(exercise: Exercise) -> Path:
    return exercise.root / ".course" / "kept" / exercise.slug


def _keep(exercise: Exercise) -> Path:
    """A dated copy of the folder. Half a copy is never seen under that name."""
    target = free(_kept(exercise) / stamp())
    part = target.with_name(target.name + PART)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for name, data in _files(exercise.folder).items():
        file = part / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    os.utime(part)  # the order of the copies is the order in which they were made
    part.rename(target)
    return target


def _replace(folder: Path, source: Path) -> None:
    """Make the files of `folder` those of `source`, one by one, each as a whole."""
    wanted, present = _files(source), _files(folder)
    for name, data in wanted.items():
        if present.get(name) != data:
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            new = file.with_name(f"{file.name}.new")
            new.write_bytes(data)
            new.replace(file)
    for name in present.keys() - wanted.keys():
        (folder / name).unlink(missing_ok=True)
    for path, _, _ in os.walk(folder, topdown=False):
        if path != str(folder) and not any(Path(path).iterdir()):
            Path(path).rmdir()


def _files(folder: Path) -> dict[str, bytes]:
    """Relative name and content of all files but caches and links."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in _walk(folder)}


def _walk(folder: Path) -> Iterator[Path]:
    ignore = shutil.ignore_patterns(*SKIPPED)
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - ignore(path, folders))
        for name in sorted(set(names) - ignore(path, names)):
            file = Path(path, name)
            if file.is_file() and not file.is_symlink():
                yield file
