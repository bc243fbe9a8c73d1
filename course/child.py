"""The child process: imports the big libraries, waits for a request, runs it.

Standard input brings requests, standard output takes events, each a line of its own: the
request's nonce and a JSON object. Both are moved away before the learner's code runs: what that
code prints goes to standard error, and after it the nonce, when the run is over.
"""

from __future__ import annotations

import contextlib
import faulthandler
import functools
import gc
import importlib.metadata
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from course.harness.guard import Guard

CUT_OFF = 70  # the status of a child whose line to the parent is gone


def main() -> None:
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    channel = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    settings = json.loads(sys.argv[1])
    _limit(settings["memory"], settings["file"])
    _preload()
    if settings["rehearse"]:
        rehearse()
    guard = _guard()
    gc.collect()
    gc.freeze()  # the libraries stay: no later collection has to look at them
    gc.set_threshold(20_000, 20, 100)  # a run is short, and makes many objects that die at once
    trace = Path(settings["trace"]).open("r+", encoding="utf-8")  # noqa: SIM115  until the end
    faulthandler.enable(trace)
    os.write(channel, b' {"event": "ready"}\n')
    leave = os._exit
    try:
        for line in requests:
            _serve(json.loads(line), channel, trace, guard, requests.readline)
    finally:
        leave(1)  # not waiting for the learner's threads and atexit handlers


def _guard() -> Guard:
    """Made once, before any of the learner's code has run."""
    from course.harness.guard import Guard

    return Guard()


def _serve(
    message: dict[str, Any],
    channel: int,
    trace: TextIO,
    guard: Guard,
    read_line: Callable[[], str],
) -> None:
    from course.harness.request import Request
    from course.harness.run import run

    request = Request(**message["request"])
    emit = _emitter(channel, message["nonce"], trace, message["limit"])

    def wait() -> None:
        """Until the parent says that the files are there; without a parent, no longer."""
        if message["wait"] and not read_line():
            os._exit(1)
        # Not earlier: what the checks import is never a file of the learner's with that name.
        sys.path.insert(0, request.folder)

    streams = _line_buffered()
    environment, write = dict(os.environ), os.write
    os.environ.update(request.environment)
    os.chdir(request.folder)
    try:
        run(request, emit, guard, wait)
    except BaseException as error:
        emit({"event": "broken", "error": f"{type(error).__name__}: {error}"})
    finally:
        if request.folder in sys.path:
            sys.path.remove(request.folder)
        faulthandler.cancel_dump_traceback_later()
        os.environ.clear()
        os.environ.update(environment)
        with contextlib.suppress(OSError):
            for stream in streams:
                stream.flush()
            write(2, message["nonce"].encode())


def _emitter(
    channel: int, nonce: str, trace: TextIO, limit: float
) -> Callable[[dict[str, Any]], None]:
    """A function that writes events. It keeps its own names: the learner may patch ours.

    It also sets the alarm that ends this process when one check, from its start to the start of
    the next one, takes longer than `limit`: the parent has the same clock, but may be gone.
    """
    dumps, write, getpid, leave, owner = json.dumps, os.write, os.getpid, os._exit, os.getpid()
    later, cancel = faulthandler.dump_traceback_later, faulthandler.cancel_dump_traceback_later

    def emit(event: dict[str, Any]) -> None:
        if getpid() != owner:
            leave(1)  # a fork of the learner's: only the original speaks
        if event["event"] in ("load", "start"):
            trace.seek(0)
            trace.truncate()
            later(event.get("limit", limit), exit=True, file=trace)
        if event["event"] == "end":
            cancel()
        # On a line of its own, whatever the learner's code has written to the same file.
        data = f"\n{nonce} {dumps(event)}\n".encode()
        try:
            while data:
                data = data[write(channel, data) :]
        except OSError:
            leave(CUT_OFF)

    return emit


def _line_buffered() -> list[TextIO]:
    """Fresh streams: what was printed before a crash must have left the process."""
    sys.stdin = io.StringIO()
    sys.stdout, sys.stderr = (
        os.fdopen(number, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)
        for number in (1, 2)
    )
    return [sys.stdout, sys.stderr]


def _limit(memory: int, file: int) -> None:
    """Bytes of address space, and of any file that is written, where the system can limit them."""
    with contextlib.suppress(ImportError):
        import resource

        for limit, amount in (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_FSIZE, file),
            (resource.RLIMIT_CORE, 0),
        ):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(limit, (amount, amount))


def _preload() -> None:
    import anyio._backends._asyncio  # noqa: F401  else the first request imports it, and queue
    import pydantic.networks

    import course.harness.run  # noqa: F401  brings FastAPI, Pydantic, httpx and pytest

    # Asked for each EmailStr, and each time the whole description of a package is parsed for it.
    pydantic.networks.version = functools.cache(importlib.metadata.version)  # type: ignore[attr-defined]

    # Imported late by pytest: by then, a file of the learner's could have that name.
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401


def rehearse() -> None:
    """Run one empty exercise, so that everything that is imported or cached late already is."""
    import tempfile

    from course.harness.request import Request
    from course.harness.run import run

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "main.py").write_text(
            "from typing import Annotated\n"
            "from fastapi import FastAPI, Query\n"
            "from pydantic import BaseModel\n"
            "class Thing(BaseModel):\n    name: str = ''\n"
            "app = FastAPI()\n"
            "@app.get('/')\n"
            "def read(thing: Annotated[Thing, Query()]) -> list[Thing]:\n    return [thing]\n",
            "utf-8",
        )
        check = folder / "test_rehearsal.py"
        check.write_text(
            "def test_it(api):\n    assert api.get('/?name=x').json() == [{'name': 'x'}]\n"
            "def test_not(api):\n    assert api.get('/openapi.json').status_code == 0\n",
            "utf-8",
        )
        run(Request("rehearsal", str(check), name), lambda event: None)


if __name__ == "__main__":
    main()
