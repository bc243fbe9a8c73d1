"""FastAPI, Starlette, Flask and Django side by side, asked by wrk.

    make bench-frameworks

Each server is one process, on one core where there are two, and wrk on another. All servers take
their turn in each round, so that a machine that becomes slower slows all of them; the figure is the
median. The results go to benchmarks/results, and the site shows them from there.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import validation
from servers import ORDER, SERVERS, WORKLOADS, running

RESULTS = Path(__file__).parent.parent / "results"
CLIENTS = 100  # connections that wrk keeps busy
PACKAGES = "fastapi starlette uvicorn pydantic flask django gunicorn".split()
POST = f"""wrk.method = "POST"
wrk.body = [[{ORDER}]]
wrk.headers["Content-Type"] = "application/json"
"""

Figures = dict[str, dict[str, float]]
"""Requests per second, by the server's name and the workload."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement")
    arguments = parser.parse_args()
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.exit(
            "wrk is missing. On Debian and Ubuntu: sudo apt install wrk; macOS: brew install wrk"
        )
    RESULTS.mkdir(exist_ok=True)
    script = RESULTS / "post.lua"
    script.write_text(POST, "utf-8")
    try:
        figures = measure(wrk, script, arguments.rounds, arguments.seconds)
    finally:
        script.unlink()
    found = {
        **about(arguments),
        "requests_per_second": figures,
        "validation_microseconds": validation.measure(3 * arguments.rounds),
    }
    (RESULTS / "frameworks.json").write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    subprocess.run([sys.executable, str(Path(__file__).with_name("show.py"))], check=True)


def measure(wrk: str, script: Path, rounds: int, seconds: int) -> Figures:
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    two = hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1
    for number in range(1, rounds + 1):
        for server in SERVERS:
            with running(server, 0 if two else None) as address:
                for workload in server.workloads:
                    ask(wrk, script, f"{address}{workload}", 1, two)  # to warm up
                    rate = ask(wrk, script, f"{address}{workload}", seconds * server.longer, two)
                    found[server.name, workload].append(rate)
                    said = f"round {number} of {rounds}: {server.name}, {workload}: {rate:,.0f}/s"
                    print(said, file=sys.stderr)
    return {
        server.name: {w: round(statistics.median(found[server.name, w])) for w in server.workloads}
        for server in SERVERS
    }


def ask(wrk: str, script: Path, url: str, seconds: int, two: bool) -> float:
    """Requests per second. Raises AssertionError when one is not answered with success."""
    words = [wrk, "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "--timeout", "30s"]
    words += ["-s", str(script)] if url.endswith("orders") else []
    done = subprocess.run(
        [*words, url],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=(lambda: os.sched_setaffinity(0, {1})) if two else None,
    )
    assert "Non-2xx" not in done.stdout, done.stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert rate, done.stdout
    return float(rate[1])


def about(arguments: argparse.Namespace) -> dict[str, object]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": "make bench-frameworks",
        "python": platform.python_version(),
        "system": f"{platform.system()}, {os.cpu_count()} cores",
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
        "clients": CLIENTS,
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        "workloads": list(WORKLOADS),
    }


if __name__ == "__main__":
    main()
