"""Finds the learner's own line in a traceback or behind a function."""

from __future__ import annotations

import inspect
import linecache
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.harness import words

Frame = tuple[str, int]
"""A file's path, and a line of it."""


@dataclass(frozen=True)
class Place:
    """A line of the learner's code; `file` is relative to their folder."""

    file: str
    line: int
    source: str

    def __str__(self) -> str:
        return f"line {self.line}" if self.file == "main.py" else f"{self.file} line {self.line}"

    @property
    def opening(self) -> str:
        """The same as the first words of a sentence."""
        return str(self).replace("line", "Line", 1) if self.file == "main.py" else str(self)


def last_place(error: BaseException, folder: Path) -> Place | None:
    """The innermost line of the learner's code that the exception passed through."""
    return next(reversed(_places(_frames(error), folder)), None)


def own_place(error: BaseException, folder: Path) -> Place | None:
    """The same, and not of a file that the lesson provides when it was called from another."""
    return own_place_in(_frames(error), folder)


def own_place_in(frames: list[Frame], folder: Path) -> Place | None:
    places = _places(frames, folder)
    own = [place for place in places if not _is_provided(folder / place.file)]
    return next(reversed(own or places), None)


def frames_of(error: BaseException) -> list[Frame]:
    """Where the exception passed through, outermost first; nothing of it is kept alive."""
    return [(f.f_code.co_filename, line) for f, line in traceback.walk_tb(error.__traceback__)]


def _frames(error: BaseException) -> list[Frame]:
    return frames_of(innermost(error))


def _places(frames: list[Frame], folder: Path) -> list[Place]:
    return [
        Place(file, line, linecache.getline(name, line).strip())
        for name, line in frames
        if line and (file := words.inside(name, folder)) is not None
    ]


def _is_provided(file: Path) -> bool:
    """What a lesson provides says so in its first line."""
    return linecache.getline(str(file), 1).startswith('"""Provided')


def innermost(error: BaseException) -> BaseException:
    """The exception itself when task groups have wrapped it, one inside the other."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def function_place(function: Callable[..., Any], folder: Path) -> Place | None:
    """The `def` line of a function of the learner's."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    file = words.inside(code.co_filename, folder) if code else None
    if code is None or file is None:
        return None
    # co_firstlineno is the first decorator; the def comes after the last one.
    line, lines = code.co_firstlineno, linecache.getlines(code.co_filename)
    for number in range(line, len(lines) + 1):
        if lines[number - 1].lstrip().startswith(("def ", "async def ")):
            return Place(file, number, lines[number - 1].strip())
    return Place(file, line, "")


def decorator_place(function: Callable[..., Any], folder: Path) -> Place | None:
    """The line that declares a route: the first decorator, or the `def` without one."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    file = words.inside(code.co_filename, folder) if code else None
    if code is None or file is None:
        return None
    source = linecache.getline(code.co_filename, code.co_firstlineno).strip()
    return Place(file, code.co_firstlineno, source)
