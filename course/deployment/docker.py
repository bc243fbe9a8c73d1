"""Builds a learner's image and runs their compose file, where there is a Docker engine."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course import processes
from course.deployment import compose
from course.deployment.compose import Compose
from course.harness.finding import Finding
from course.harness.workspace import lay_out

WITHOUT = "No Docker engine here: static and process checks only."
SECONDS = 600  # for a build, which downloads everything the first time
WAIT = 120  # seconds until all containers are healthy
ASKED = 20  # requests, among which each replica must have answered
LAST = 12  # lines of what Docker says that are shown


@dataclass(frozen=True)
class Outcome:
    worked: bool
    text: str


def available() -> bool:
    """Whether there is a Docker engine, with compose."""
    if not shutil.which("docker"):
        return False
    return (
        _run(["info"], {}, Path.cwd())[0] == 0
        and _run(["compose", "version"], {}, Path.cwd())[0] == 0
    )


def build_and_run(folder: Path) -> Outcome:
    """Build, start, ask and remove everything that `folder` describes."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="course-docker-") as name:
        copy = Path(name).resolve() / "shop"
        lay_out(folder, folder, copy)
        try:
            file = compose.read(copy)
        except Finding as error:
            return Outcome(False, error.message)
        address = f"{file.address}/whoami"
        with _project(copy, file) as (command, environment):
            status, said = _run(
                [*command, "up", "--build", "--wait", "--wait-timeout", str(WAIT)],
                environment,
                copy,
            )
            if status:
                return Outcome(False, f"docker compose up failed. It said last:\n{_last(said)}")
            seen = _instances(address)
    if len(seen) < 2:
        answered = f"Only {seen.pop()} has answered" if seen else "Nobody has answered"
        return Outcome(False, f"Docker has built and started everything. {answered} at {address}.")
    seconds = time.monotonic() - started
    return Outcome(
        True,
        f"Docker has built and started everything: {len(seen)} replicas answer, {seconds:.0f} s.",
    )


@contextmanager
def _project(folder: Path, file: Compose) -> Iterator[tuple[list[str], dict[str, str]]]:
    """The beginning of each command, and its environment. At the end, nothing is left."""
    project = f"course-{secrets.token_hex(4)}"
    # Under these names, as the page says. A learner's own .env is not theirs to be tried with.
    secret = {"SECRET_KEY": secrets.token_hex(32), "POSTGRES_PASSWORD": secrets.token_hex(16)}
    (folder / ".env").write_text("".join(f"{n}={v}\n" for n, v in secret.items()), "utf-8")
    command = ["compose", "--project-name", project]
    try:
        yield command, secret
    finally:
        down = ["down", "--remove-orphans", "--rmi", "local", "--timeout", "10"]
        # A volume with a name of its own may be one that the learner keeps something in.
        if not any(
            (volume or {}).get("name") for volume in (file.data.get("volumes") or {}).values()
        ):
            down.append("--volumes")
        _run([*command, *down], secret, folder)


def _instances(address: str) -> set[str]:
    """Who has answered."""
    seen: set[str] = set()
    for _ in range(ASKED):
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                seen.add(str(json.load(response)["instance"]))
        except (OSError, urllib.error.URLError, ValueError, KeyError):
            continue
    return seen


def _run(words: list[str], environment: dict[str, str], cwd: Path) -> tuple[int, str]:
    """The status of a docker command, and what it has said."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    try:
        with processes.beside(
            ["docker", *words],
            cwd=cwd,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            **options,
        ) as program:
            try:
                said, _ = program.communicate(timeout=SECONDS)
            except BaseException:
                program.kill()
                program.wait()
                raise
            return program.returncode, str(said)
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, str(error)


def _last(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return "\n".join(f"    {line}" for line in lines[-LAST:])
