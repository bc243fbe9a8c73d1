"""A PostgreSQL server of our own: it answers, and nothing of it is left."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import fake_course
import psycopg
import pytest

from course import processes
from course.catalogue import ROOT
from course.harness import programs
from course.harness.database import SERVER, PostgreSQL, empty_database
from course.harness.programs import find_program
from course.postgres import NoPostgres, server
from course.spare import Spare

needs_server = pytest.mark.skipif(
    os.environ.get("CI") != "true" and not find_program("initdb"), reason="no server"
)


@pytest.fixture
def temp(monkeypatch):
    """Not tmp_path: when we are root the server runs as somebody else, who may not enter that."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with tempfile.TemporaryDirectory() as made:
        monkeypatch.setattr(tempfile, "tempdir", made)
        folder = Path(made)
        folder.chmod(0o755)
        yield folder


@needs_server
def test_a_server_answers_and_is_gone_afterwards(temp):
    with server() as address:
        with psycopg.connect(address) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert "127.0.0.1" in address
    assert list(temp.iterdir()) == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address)
    running = subprocess.run(["ps", "-A", "-o", "args"], capture_output=True, text=True).stdout
    assert str(temp) not in running


STARTED = """
import sys, time
from course.postgres import server
with server() as address:
    print(address, flush=True)
    time.sleep(600)
"""


@needs_server
@pytest.mark.skipif(not processes.LINUX, reason="prctl(2)")
def test_a_server_ends_with_us_even_when_we_are_killed(temp):
    with subprocess.Popen(
        [sys.executable, "-c", STARTED],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temp)},
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        address = starter.stdout.readline().strip()
        psycopg.connect(address).close()
        starter.kill()
    deadline = time.monotonic() + processes.PATIENCE
    while time.monotonic() < deadline:
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError:
            return
    pytest.fail("the server still answers")


@needs_server
def test_a_server_outlives_the_children_of_the_checks(temp):
    processes.adopt_orphans()
    try:
        with server() as address:
            Spare().close()  # kills whatever it takes for its own
            with psycopg.connect(address) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        processes._adopt(False)


@needs_server
@pytest.mark.parametrize(("named", "given"), [("", "asyncpg"), ("+psycopg", "psycopg")])
def test_each_check_gets_an_empty_database_and_the_driver_that_is_named(
    named, given, temp, monkeypatch
):
    with server() as address:
        monkeypatch.setenv(SERVER, address.replace("://", f"{named}://"))
        monkeypatch.setattr(PostgreSQL, "_name", "")
        with empty_database() as first:
            first._execute(first._address, "CREATE TABLE mugs (id int)")
            assert first.tables() == ["mugs"]
        with empty_database() as second:
            assert second.url.startswith(f"postgresql+{given}://")
            assert os.environ["DATABASE_URL"] == second.url
            assert second.tables() == []


def test_the_server_that_database_url_names_is_used(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://ada@db.example.com/shop")
    with server() as address:
        assert address == "postgresql+asyncpg://ada@db.example.com/shop"


def test_without_one_it_says_what_to_install(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(programs, "ELSEWHERE", ())
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoPostgres, match="sudo apt install postgresql"), server():
        pass


def test_the_command_says_so_too(tmp_path):
    root = fake_course.make(tmp_path)
    done = fake_course.run(
        root, "check", "1", "--database", "postgresql", DATABASE_URL="postgresql://nowhere/x"
    )
    assert done.returncode == 1, "lesson 1 needs no database, and no server is asked"
    done = fake_course.run(root, "check", "1", "--database", "oracle")
    assert done.returncode == 2
