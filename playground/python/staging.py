"""The surroundings of a learner's code where there is one process: a folder, streams, and order."""

from __future__ import annotations

import gc
import io
import logging
import os
import sys
import typing
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import threadless

from course.harness.workspace import lay_out

COURSE = Path("/course")
KEPT = 20_000  # bytes of output, as many as the terminal keeps


def lay_out_files(home: Path, slug: str, files: dict[str, str]) -> Path:
    """The folder in which an exercise runs: what it provides, and the files of the editor."""
    submission, folder = home / "submission", home / "run"
    submission.mkdir()
    for name, text in files.items():
        path = submission / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    lay_out(COURSE / "lessons" / slug, submission, folder)
    return folder


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """As `python main.py` would have it: the folder is the current one, and imports look there."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    with threadless.outside_any_loop():
        yield


@contextmanager
def output_of(folder: Path) -> Iterator[Callable[[], str]]:
    """Everything that is printed, also what goes past sys.stdout; to be asked for afterwards."""
    file = folder.with_name("output")
    with _streams_into(file):
        yield lambda: _cut(file.read_bytes()).replace(f"{folder}{os.sep}", "")


@contextmanager
def _streams_into(file: Path) -> Iterator[None]:
    kept = sys.stdin, sys.stdout, sys.stderr
    copies = os.dup(1), os.dup(2)
    target = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    os.dup2(target, 1)
    os.dup2(target, 2)
    out, err = _stream(1), _stream(2)
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), out, err
    try:
        yield
    finally:
        # Garbage may still have a warning to print, and it must not be in the next report.
        gc.collect()
        out.flush()
        err.flush()
        sys.stdin, sys.stdout, sys.stderr = kept
        os.dup2(copies[0], 1)
        os.dup2(copies[1], 2)
        for number in (*copies, target):
            os.close(number)


def _stream(number: int) -> TextIO:
    return os.fdopen(number, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)


def forget() -> None:
    """Empty the caches of FastAPI, which keep thousands of functions, and with each its whole app.

    The terminal starts another process instead.
    """
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "fastapi":
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
    for clear in typing._cleanups:  # type: ignore[attr-defined]
        clear()


@contextmanager
def put_back() -> Iterator[None]:
    """Undo what a submission can do to the process; the terminal starts another one instead."""
    folder, path, environment = Path.cwd(), list(sys.path), dict(os.environ)
    handlers, level = list(logging.root.handlers), logging.root.level
    try:
        with warnings.catch_warnings():
            yield
    finally:
        os.chdir(folder)
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(environment)
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
        forget()


def _cut(output: bytes) -> str:
    text = output[:KEPT].decode("utf-8", "replace")
    if len(output) > KEPT:
        text += f"\n… only the first {KEPT:,} bytes of the output are kept."
    return text
