"""Checks marked `one_app` share a running app and its database, until one of them fails."""

from functools import partial
from pathlib import Path

import pytest

from course.harness.report import Report, apply
from course.harness.request import Request
from course.harness.run import run

APP = """
import os, sqlite3
from fastapi import FastAPI

app = FastAPI()
seen, kept = [], []

def connect():
    connection = sqlite3.connect(os.environ["DATABASE_URL"].partition("///")[2])
    connection.execute("CREATE TABLE IF NOT EXISTS calls (id INTEGER PRIMARY KEY)")
    return connection

@app.get("/seen")
def see() -> int:
    seen.append(1)
    return len(seen)

@app.get("/stored")
async def store() -> int:
    kept.append(kept[0] if kept else connect())
    with kept[0] as connection:
        connection.execute("INSERT INTO calls DEFAULT VALUES")
        return connection.execute("SELECT count(*) FROM calls").fetchone()[0]
"""
SEEN = "assert api.get('/seen').json() == {0}, 'calls'"
STORED = "assert api.get('/stored').json() == {0}, 'calls'"


@pytest.fixture
def statuses(tmp_path: Path):
    """The verdicts on APP of checks, each given as its parameters and its body."""

    def check(*checks: tuple[str, str], head: str = "pytestmark = one_app") -> list[str]:
        folder, file = tmp_path / "submission", tmp_path / "test_it.py"
        folder.mkdir()
        (folder / "main.py").write_text(APP, "utf-8")
        bodies = [
            f"def test_{n}({parameters}):\n    {body}\n"
            for n, (parameters, body) in enumerate(checks)
        ]
        text = f"from course.harness import one_app\n{head}\n" + "\n".join(bodies)
        file.write_text(text, "utf-8")
        report = Report("it", "It")
        run(Request("it", str(file), str(folder)), partial(apply, report))
        return [check.status for check in report.conclude().checks]

    return check


def test_they_share_what_the_app_remembers(statuses):
    assert statuses(("api", SEEN.format(1)), ("api", SEEN.format(2))) == ["pass", "pass"]


def test_without_the_mark_each_has_its_own(statuses):
    checks = [("api", SEEN.format(1)), ("api", SEEN.format(1))]
    assert statuses(*checks, head="") == ["pass", "pass"]


def test_after_a_failure_the_next_has_a_new_app_and_an_empty_database(statuses):
    checks = [
        ("database, api", STORED.format(1)),
        ("database, api", STORED.format(99)),
        ("database, api", STORED.format(1)),
        ("api", SEEN.format(1)),
    ]
    assert statuses(*checks) == ["pass", "fail", "pass", "pass"]


def test_they_share_the_database_too(statuses):
    checks = [("database, api", STORED.format(1)), ("database, api", STORED.format(2))]
    assert statuses(*checks) == ["pass", "pass"]


def test_one_that_starts_the_app_itself_has_its_own(statuses):
    own = "\n    ".join(["with start() as api:", "    " + STORED.format(1)])
    checks = [
        ("database, api", STORED.format(1)),
        ("database, start", own),
        ("database, api", STORED.format(1)),
    ]
    assert statuses(*checks) == ["pass", "pass", "pass"]


def test_it_begins_with_the_files_as_they_were(statuses):
    change = "(folder / 'main.py').write_text('changed')"
    checks = [("folder, app", change), ("api", SEEN.format(1))]
    assert statuses(*checks) == ["pass", "pass"]


def test_statements_on_connections_of_an_earlier_check_are_seen(statuses):
    count = "\n    ".join([STORED.format(2), "assert statements.own, 'none was seen'"])
    checks = [("database, api", STORED.format(1)), ("database, statements, api", count)]
    assert statuses(*checks) == ["pass", "pass"]
