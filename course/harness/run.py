"""Runs the checks of one exercise on one folder, in this process.

The child process and the browser both call `run`; what it emits, `report.apply` puts together.
"""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from course.harness import plugin
from course.harness.guard import Guard
from course.harness.load import unload
from course.harness.request import Request
from course.harness.session import KEY, Emit, Session
from course.harness.words import inside

LEAN = (
    "--capture=no",
    "--noconftest",
    "--import-mode=importlib",
    "--strict-markers",
    *(
        f"-pno:{name}"
        for name in (
            "terminal",
            "cacheprovider",
            "doctest",
            "unittest",
            "junitxml",
            "warnings",
            "faulthandler",
            "logging",
            "threadexception",
            "unraisableexception",
            "debugging",
            "pastebin",
            "stepwise",
            "setuponly",
            "setupplan",
            "recwarn",
            "legacypath",
        )
    ),
)


def run(
    request: Request,
    emit: Emit,
    guard: Guard | None = None,
    wait: Callable[[], object] = lambda: None,
) -> None:
    """Emit `collected`, `load`, then `problem` or `advice`, and `start`, `request`s and `result`
    of each check, and at last `end`. Without `end`, the run is not complete.

    `wait` is called when the checks are read, before any file of the submission is.
    """
    session = Session(
        Path(request.folder).resolve(),
        request.slug,
        request.seed,
        emit,
        dict(request.done),
        guard or Guard(),
        wait=wait,
    )
    session.guard.replaced.clear()
    checks = Path(request.checks).resolve()
    arguments = [
        *LEAN,
        f"--rootdir={checks.parent}",
        f"--confcutdir={checks.parent}",  # else all folders above are listed, as /tmp with thousands
        f"-c{os.devnull}",
        *(f"--deselect={checks.name}::{name}" for name in request.done),
        *(["--exitfirst"] if request.stop else []),
        str(checks),
    ]
    with _no_foreign_plugins(), _short_warnings(session.folder):
        try:
            code = pytest.main(arguments, plugins=[plugin, _Handover(session)])
        finally:
            unload(session.folder, session.package)
            _forget(checks)
        if code:
            # A coroutine that nobody awaited says so when it is thrown away. A traceback may keep
            # it, and then only chance would decide whether the learner is told.
            gc.collect()
    emit({"event": "end", "code": int(code), "replaced": sorted(session.guard.replaced)})


def _forget(checks: Path) -> None:
    """pytest takes a check file that is imported already as it is, whatever file it came from."""
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) == str(checks):
            del sys.modules[name]


class _Handover:
    """Gives the plugin its session before anything else is configured."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[KEY] = self.session


@contextmanager
def _short_warnings(folder: Path) -> Iterator[None]:
    """A warning is one line, with the learner's line and without the libraries' files."""

    def short(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        line: str | None = None,
    ) -> str:
        name = inside(filename, folder)
        place = f"{name} line {lineno}: " if name else ""
        return f"{place}{category.__name__}: {message}\n"

    before = warnings.formatwarning
    warnings.formatwarning = short
    try:
        yield
    finally:
        warnings.formatwarning = before


@contextmanager
def _no_foreign_plugins() -> Iterator[None]:
    """Plugins installed beside the course cost time and change what the checks do."""
    name = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        os.environ.pop(name, None)
        if before is not None:
            os.environ[name] = before
