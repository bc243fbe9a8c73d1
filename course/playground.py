"""Writes what the browser part of the site needs: a file for each exercise, and what was built.

It all goes below `docs/assets/playground/`, which git ignores, so that either builder takes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from course import checkfile
from course.catalogue import Exercise
from course.commands import typed
from course.harness.workspace import SKIPPED

TARGET = Path("docs", "assets", "playground")
BUILT = Path("build", "playground")
SWAGGER = Path("playground", "node_modules", "swagger-ui-dist")
PACKS = {
    "database": re.compile(r"\b(sqlalchemy|aiosqlite)\b"),
    "auth": re.compile(r"\b(jwt|pwdlib|argon2|hashing)\b"),
    "deployment": re.compile(r"\bcourse\.deployment\b"),
}
# The pages say to set this before an app of these lessons is started by hand.
ENVIRONMENT = {"SECRET_KEY": "only-for-trying-things-out-at-home"}
PUBLISHED = ("*.js", "*.zst", "pyodide.asm.mjs")
STATIC = ("app.css", "explore.html", "explore.css")
WORKER = "sw.js"

Files = Iterator[tuple[Path, bytes]]


def files(every: list[Exercise], root: Path) -> Files:
    """Each file and what is in it."""
    for exercise in every:
        data = json.dumps(described(exercise), ensure_ascii=False).encode()
        yield root / TARGET / "exercises" / f"{exercise.slug}.json", data
    for pattern in PUBLISHED:
        for path in sorted((root / BUILT).glob(pattern)):
            # It has power over what lies beside and below it, and that is to be the whole site.
            target = root / "docs" if path.name == WORKER else root / TARGET
            yield target / path.name, path.read_bytes()
    yield root / TARGET / "offline.json", json.dumps(offline(every)).encode()
    if (root / BUILT).is_dir():
        for name in STATIC:
            yield root / TARGET / name, (root / "playground" / name).read_bytes()
        for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
            yield root / TARGET / name, (root / SWAGGER / name).read_bytes()


def offline(every: list[Exercise]) -> list[str]:
    """What somebody who works here will need, as addresses below the site's."""
    scripts = ("app.js", "worker.js", "pyodide.asm.mjs", "explore_frame.js")
    assets = (*scripts, *STATIC, "swagger-ui-bundle.js", "swagger-ui.css")
    return [
        *(f"lessons/{exercise.slug}/" for exercise in every),
        *(f"assets/playground/exercises/{exercise.slug}.json" for exercise in every),
        *(f"assets/playground/{name}" for name in assets),
    ]


def described(exercise: Exercise) -> dict[str, object]:
    """An exercise as the page reads it: playground/src/exercise.ts has the meanings."""
    starter, solution = texts(exercise.starter), texts(exercise.solution)
    # What the solution changes is the learner's, and so is main.py.
    own = {name for name in starter if solution.get(name, starter[name]) != starter[name]}
    own.add("main.py")
    everything = [*starter.values(), *solution.values(), exercise.checks.read_text("utf-8")]
    return {
        "slug": exercise.slug,
        "name": exercise.name,
        "title": exercise.title,
        "command": typed("check", exercise),
        "starter": {name: text for name, text in starter.items() if name in own},
        "provided": {name: text for name, text in starter.items() if name not in own},
        "solution": solution,
        "hints": checkfile.hints(exercise),
        "packs": [name for name, used in PACKS.items() if any(map(used.search, everything))],
        "environment": ENVIRONMENT if any("SECRET_KEY" in text for text in everything) else {},
        "needs": {name: used.pattern for name, used in PACKS.items()},
    }


def texts(folder: Path) -> dict[str, str]:
    """The files of a folder; what is no text is left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not set(path.parts) & set(SKIPPED) and path.suffix != ".pyc":
            try:
                found[path.relative_to(folder).as_posix()] = path.read_text("utf-8")
            except UnicodeDecodeError:
                continue
    return found
