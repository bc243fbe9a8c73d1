"""The servers that are compared, and how each one is started."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

HERE = Path(__file__).parent
THREADS = 40  # as many as FastAPI has for `def`
PATIENCE = 20.0  # seconds for a server to start

WORKLOADS = ("plain", "orders", "wait")
ORDER = '{"sku": "MUG-0001", "quantity": 3, "note": "for Ada"}'
ANSWERS = {
    "plain": {"message": "Hello"},
    "orders": {"sku": "MUG-0001", "quantity": 3, "total_cents": 3750},
    "wait": {"waited": 0.05},
}


@dataclass(frozen=True)
class Server:
    """`name` as the table shows it; `workloads` are those that it is asked.

    `longer` is how many times as long it is asked: the first answer may take all that while.
    """

    name: str
    app: str
    program: str
    workloads: tuple[str, ...] = WORKLOADS
    prefix: str = ""
    longer: int = 1

    def words(self, port: int) -> list[str]:
        if self.program == "uvicorn":
            own = ["--port", str(port), "--log-level", "warning", "--no-access-log"]
            return [sys.executable, "-m", "uvicorn", self.app, *own]
        own = ["--threads", str(THREADS), "--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
        return [sys.executable, "-m", "gunicorn", self.app, "--worker-class", "gthread", *own]


SERVERS = [
    Server("Starlette", "with_starlette:app", "uvicorn"),
    Server("FastAPI, async def", "with_fastapi:awaiting", "uvicorn"),
    Server("FastAPI, async def, no telemetry", "with_fastapi:quiet", "uvicorn"),
    Server("FastAPI, def", "with_fastapi:threaded", "uvicorn"),
    Server(
        "FastAPI, blocking in async def", "with_fastapi:blocking", "uvicorn", ("wait",), longer=5
    ),
    Server("Flask", "with_flask:app", "gunicorn"),
    Server("Django", "with_django:wsgi", "gunicorn"),
    Server("Django, async views", "with_django:asgi", "uvicorn", prefix="async/"),
]


@contextmanager
def running(server: Server, core: int | None) -> Iterator[str]:
    """The address of a server that answers, on one core where there are two. Raises OSError."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(server.words(port), cwd=HERE, start_new_session=True)
    try:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        address = f"http://127.0.0.1:{port}/{server.prefix}"
        _until_it_answers(process, f"{address}{server.workloads[0]}")
        look(server, address)
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def look(server: Server, address: str) -> None:
    """Each server says the same, and refuses the same. Raises AssertionError."""
    with httpx.Client(base_url=address, trust_env=False) as client:
        for workload in server.workloads:
            if workload == "orders":
                response = client.post(workload, content=ORDER, headers=JSON)
                bad = client.post(workload, content=ORDER.replace("3,", "0,"), headers=JSON)
                assert bad.status_code == 422, (server.name, bad.status_code)
            else:
                response = client.get(workload)
            assert response.status_code == 200, (server.name, workload, response.status_code)
            assert response.json() == ANSWERS[workload], (server.name, workload)


JSON = {"content-type": "application/json"}


def _until_it_answers(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(url, trust_env=False)
            return
        time.sleep(0.05)
    raise OSError("the server does not answer")
