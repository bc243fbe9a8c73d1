"""A small course with everything that a course has, to be damaged by the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

CHECKS = '''\
from course.harness import hints, needs, section


@section("hello")
@hints("Return a dict.", 'return {"hello": "world"}')
def test_hello(api):
    """GET / says hello."""
    response = api.get("/")
    assert response.status_code == 200
    assert response.json() == {"hello": "world"}


@section("numbers")
@needs("test_hello")
@hints("Multiply.")
def test_double(api, rng):
    """GET /double/{n} doubles a number."""
    n = rng.randint(2, 999)
    response = api.get(f"/double/{n}")
    assert response.status_code == 200
    assert response.json() == 2 * n, "Twice the number is asked for."


@section("numbers")
@needs("test_double")
@hints("Annotate the parameter.")
def test_text(api):
    """GET /double/{n} refuses text."""
    response = api.get("/double/two")
    assert response.status_code == 422, "A number is a number: say so in the signature."
'''

SOLUTION = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def read_root() -> dict[str, str]:
    return {"hello": "world"}


@app.get("/double/{n}")
def read_double(n: int) -> int:
    return 2 * n
"""

STARTER = "from fastapi import FastAPI\n\napp = FastAPI()\n\n# TODO 1: GET / says hello\n"

PAGE = "# Lesson 1: Two numbers\n\n## What you will learn\n\n- say hello\n- double\n\n## Hello\n\nText.\n\n## Numbers\n\nText.\n"

WRONG = {
    "silent": (
        ("test_hello", "route-missing", "no routes yet"),
        STARTER,
    ),
    "shy": (
        ("test_hello", "wrong-body", '"hello" missing'),
        SOLUTION.replace('"hello": "world"', '"hi": "world"'),
    ),
    "triple": (
        ("test_double", "wrong-body", "Twice the number"),
        SOLUTION.replace("2 * n", "3 * n"),
    ),
    "untyped": (
        ("test_text", "wrong-status", "A number is a number"),
        SOLUTION.replace("n: int) -> int", "n) -> object").replace("2 * n", "_double(n)")
        + "\n\ndef _double(n):\n    return 2 * int(n) if n.isdigit() else n\n",
    ),
}


def make(root: Path) -> Path:
    """Write the course below `root`, which every check of `verify` must find in order."""
    files = {
        "checks/test_01_two_numbers.py": CHECKS,
        "lessons/01_two_numbers/main.py": STARTER,
        "course/starters/01_two_numbers/main.py": STARTER,
        "solutions/01_two_numbers/main.py": SOLUTION,
        "docs/lessons/01_two_numbers.md": PAGE,
    }
    for number in range(6):
        name = f"tests/submissions/01_two_numbers/right/variant_{number}.py"
        files[name] = f"# The same with another name, {number}.\n" + SOLUTION.replace(
            "read_double", f"read_double_{number}"
        )
    for number in range(3):
        for name, ((fails, kind, says), source) in WRONG.items():
            head = f"# fails: {fails}\n# kind: {kind}\n# says: {says}\n"
            path = f"tests/submissions/01_two_numbers/wrong/{name}_{number}.py"
            files[path] = head + source
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def run(
    root: Path, *arguments: str, input: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """The real command line on that course. `input` is what is typed."""
    return subprocess.run(
        [sys.executable, "-m", "course", *arguments],
        cwd=ROOT,
        input=input,
        env={**os.environ, "COURSE_ROOT": str(root), "COLUMNS": "80", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
