"""Checks a submission in this process: what `course.runner` does where there are processes.

The harness and the checks are the terminal's own. Here is only what stands around them: a folder,
the streams, and the order afterwards.
"""

from __future__ import annotations

import gc
import io
import json
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import databases
import threadless

from course.harness.report import Report, apply
from course.harness.request import Request
from course.harness.run import run
from course.harness.workspace import lay_out

COURSE = Path("/course")
KEPT = 20_000  # bytes of output, as many as the terminal keeps

threadless.install()
databases.install()
gc.freeze()  # what is imported by now stays: collecting garbage need not look at it


def check(request: str) -> str:
    """The Report, as JSON, on `{"slug": …, "title": …, "files": {"main.py": …}, "seed": …}`."""
    asked = json.loads(request)
    report = Report(asked["slug"], asked["title"])
    codes: list[int] = []

    def emit(event: dict[str, Any]) -> None:
        apply(report, event)
        if event["event"] == "end":
            codes.append(event["code"])

    with tempfile.TemporaryDirectory(prefix="course-") as home:
        folder = _lay_out(Path(home).resolve(), asked["slug"], asked["files"])
        checks = COURSE / "checks" / f"test_{asked['slug']}.py"
        with _streams_into(Path(home) / "output") as output, _put_back(), _inside(folder):
            run(Request(asked["slug"], str(checks), str(folder), asked["seed"]), emit)
        report.output = _cut(output.read_bytes()).replace(f"{folder}{os.sep}", "")
    # pytest says 0 or 1 when it came to the end of its list.
    if codes not in ([0], [1]):
        raise RuntimeError(f"The checks of {asked['slug']} did not come to their end.")
    return json.dumps(report.conclude().as_dict())


def _lay_out(home: Path, slug: str, files: dict[str, str]) -> Path:
    submission, folder = home / "submission", home / "run"
    submission.mkdir()
    for name, text in files.items():
        path = submission / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    lay_out(COURSE / "lessons" / slug, submission, folder)
    return folder


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """As `python main.py` would have it: the folder is the current one, and imports look there."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    with threadless.outside_any_loop():
        yield


@contextmanager
def _streams_into(file: Path) -> Iterator[Path]:
    """Everything that is printed goes into `file`, also what goes past sys.stdout."""
    kept = sys.stdin, sys.stdout, sys.stderr
    copies = os.dup(1), os.dup(2)
    target = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(target, 1)
    os.dup2(target, 2)
    out, err = _stream(1), _stream(2)
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), out, err
    try:
        yield file
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


@contextmanager
def _put_back() -> Iterator[None]:
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


def _cut(output: bytes) -> str:
    text = output[:KEPT].decode("utf-8", "replace")
    if len(output) > KEPT:
        text += f"\n… only the first {KEPT:,} bytes of the output are kept."
    return text
