"""A check that the browser cannot run is skipped there, and a pass does not need it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from course.catalogue import ROOT
from course.harness.report import Report, apply

CHECKS = '''
from course.harness import needs, terminal_only


@terminal_only("it needs threads")
def test_a(api):
    """Two at once."""
    assert api.get("/").status_code == 404


@needs("test_a")
def test_b(api):
    """One."""
    assert api.get("/").status_code == 404
'''
RUN = """
import json, sys
from course.harness import plugin
from course.harness.request import Request
from course.harness.run import run
plugin.BROWSER = sys.argv[3] == "browser"
run(Request("01_x", sys.argv[1], sys.argv[2]), lambda event: print("event", json.dumps(event)))
"""


def report(tmp_path: Path, where: str, checks: str = CHECKS) -> Report:
    file, folder = tmp_path / "test_01_x.py", tmp_path / "run"
    folder.mkdir()
    file.write_text(checks, "utf-8")
    (folder / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(file), str(folder), where],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found = Report("01_x", "X")
    for line in done.stdout.splitlines():
        if line.startswith("event "):
            apply(found, json.loads(line.removeprefix("event ")))
    return found.conclude()


def test_in_the_browser_it_is_skipped_and_says_why(tmp_path):
    found = report(tmp_path, "browser")
    one, other = found.checks
    assert (one.status, one.kind) == ("skipped", "terminal-only")
    assert one.message == "Only in the terminal: it needs threads"
    assert other.status == "pass", "it does not wait for one that never comes"
    assert found.status == "pass"


def test_in_the_terminal_it_is_a_check_like_any_other(tmp_path):
    found = report(tmp_path, "terminal")
    assert [check.status for check in found.checks] == ["pass", "pass"]


@pytest.mark.parametrize("where", ["browser", "terminal"])
def test_a_pass_needs_all_the_others(tmp_path, where):
    found = report(tmp_path, where, CHECKS.replace("404", "200", 2).replace("200", "404", 1))
    assert found.status == "fail"
