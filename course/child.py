"""The child process: imports the big libraries, waits for a request, runs it.

Standard input brings requests, standard output takes events, one JSON object a line. Both are
moved away before the learner's code runs: what that code prints goes to standard error.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

TRACE_AT = 0.9  # of the limit: the traceback is written just before the parent kills


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
    gc.collect()
    gc.freeze()  # the libraries stay: no later collection has to look at them
    trace = Path(settings["trace"]).open("w+", encoding="utf-8")  # noqa: SIM115  until the end
    faulthandler.enable(trace)
    for line in requests:
        _serve(json.loads(line), channel, trace)


def _serve(message: dict[str, Any], channel: int, trace: TextIO) -> None:
    from course.harness.run import Request, run

    request = Request(**message["request"])
    emit = _emitter(channel, message["nonce"], trace, message["limit"])
    sys.stdin = io.StringIO()
    _line_buffered()
    os.chdir(request.folder)
    sys.path.insert(0, request.folder)
    try:
        run(request, emit)
    except BaseException as error:
        emit({"event": "broken", "error": f"{type(error).__name__}: {error}"})
    finally:
        if request.folder in sys.path:
            sys.path.remove(request.folder)
        faulthandler.cancel_dump_traceback_later()


def _emitter(
    channel: int, nonce: str, trace: TextIO, limit: float
) -> Callable[[dict[str, Any]], None]:
    """A function that writes events. It keeps its own names: the learner may patch ours."""
    dumps, write, getpid, leave, owner = json.dumps, os.write, os.getpid, os._exit, os.getpid()
    later, cancel = faulthandler.dump_traceback_later, faulthandler.cancel_dump_traceback_later

    def emit(event: dict[str, Any]) -> None:
        if getpid() != owner:
            leave(1)  # a fork of the learner's: only the original speaks
        if event["event"] in ("load", "start"):
            trace.seek(0)
            trace.truncate()
            later(limit * TRACE_AT, file=trace)
        if event["event"] in ("result", "problem", "end"):
            cancel()
        data = (dumps({"nonce": nonce, **event}) + "\n").encode()
        while data:
            data = data[write(channel, data) :]

    return emit


def _line_buffered() -> None:
    """Fresh streams: what was printed before a crash must have left the process."""
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = os.fdopen(
            number, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False
        )
        setattr(sys, name, stream)


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
    import course.harness.run  # noqa: F401  brings FastAPI, Pydantic, httpx and pytest


def rehearse() -> None:
    """Run one empty exercise, so that everything that is imported or cached late already is."""
    import tempfile

    from course.harness.run import Request, run

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
