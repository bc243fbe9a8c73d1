"""A PostgreSQL server of our own, from the machine's binaries, for as long as it is needed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course import ports, processes
from course.harness.programs import find_program

PATIENCE = 30.0  # seconds for a server to start or to stop
NOBODY = "nobody"  # who runs it when we are root, which PostgreSQL refuses to be
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Nothing in it has to survive a power cut."""


class NoPostgres(Exception):
    """There is no server to be had. The text says what to install."""


@contextmanager
def server() -> Iterator[str]:
    """The address of a server on which databases can be made: `postgresql://…/postgres`.

    The one that DATABASE_URL names, with the driver that it names, else a private one on a free
    port of the loopback, which is stopped and removed at the end. Raises NoPostgres.
    """
    named = os.environ.get("DATABASE_URL", "")
    if named.startswith("postgresql"):
        yield named
        return
    binaries = _binaries()
    home = Path(tempfile.mkdtemp(prefix="course-pg-"))
    try:
        user = _user(home)
        _run([binaries / "initdb", "-D", home / "data", *INITDB], user)
        with _running(binaries, home, user) as port:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(home, ignore_errors=True)


INITDB = (
    "-U",
    "postgres",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
)


def _binaries() -> Path:
    """The folder with initdb and postgres, of the newest version that is installed."""
    found = shutil.which("initdb") or find_program("initdb")
    if found is None:
        raise NoPostgres(
            "PostgreSQL is not installed. On Debian and Ubuntu: sudo apt install postgresql; on "
            "macOS: brew install postgresql. Or name a server: DATABASE_URL=postgresql://…"
        )
    return Path(found).resolve().parent


def _user(home: Path) -> str | None:
    """Who runs the server: ourselves, or nobody when we are root."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    shutil.chown(home, NOBODY)
    return NOBODY


def _run(command: list[str | Path], user: str | None) -> None:
    words = [str(word) for word in command]
    output = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with processes.beside(words, user=user, cwd="/", **output) as program:
        _, said = program.communicate()
    if program.returncode:
        raise NoPostgres(f"{Path(command[0]).name} failed: {str(said).strip()}")


@contextmanager
def _running(binaries: Path, home: Path, user: str | None) -> Iterator[int]:
    """A server on the data in `home`. Its port."""
    settings = {**FAST, "listen_addresses": "127.0.0.1", "unix_socket_directories": str(home)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    log = (home / "log.txt").open("wb")
    with (
        ports.reserved() as port,
        processes.beside(
            [str(binaries / "postgres"), "-D", str(home / "data"), "-p", str(port), *options],
            user=user,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # a Ctrl-C is for us, and we stop it
            preexec_fn=processes.ends_with_us(signal.SIGQUIT),  # at once, and with nothing left
        ) as process,
    ):
        try:
            _wait(process, port, home / "log.txt")
            yield port
        finally:
            log.close()
            process.send_signal(signal.SIGINT)  # disconnects everybody
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
            process.kill()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Until it answers. Raises NoPostgres with what it said when it does not."""
    import psycopg

    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise NoPostgres(f"PostgreSQL did not start: {log.read_text('utf-8', 'replace').strip()}")
