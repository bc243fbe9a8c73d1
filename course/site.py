"""Writes the parts of the site that come from the code: checks, hints, files and commands.

They are Markdown below `build/pages/`, and the pages in `docs/` take them in by name. So either
builder finds them ready, and nothing in a page can be older than the code.
"""

from __future__ import annotations

import html
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from course import checkfile, playground
from course.catalogue import Exercise, exercises
from course.commands import typed
from course.mutate import equivalents
from course.submissions import submissions

FOLDER = Path("build", "pages")
WIDTH = {"COLUMNS": "80", "TERMINAL_WIDTH": "80", "NO_COLOR": "1"}
LANGUAGES = {".py": "python", ".yaml": "yaml", ".conf": "nginx", "Dockerfile": "docker"}


def write(root: Path) -> list[Path]:
    """Write all parts; the files that have changed. Raises OSError."""
    every = exercises(root)
    parts = {f"{exercise.slug}.md": part(exercise) for exercise in every}
    parts |= {"commands.md": commands(), "proof.md": proof(every)}
    files = {root / FOLDER / name: text.encode() for name, text in parts.items()}
    return [
        path for path, data in [*files.items(), *playground.files(every, root)] if put(path, data)
    ]


def put(path: Path, data: bytes) -> bool:
    """Write a file, unless that is what it says already: then builders need not look again."""
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return True


def part(exercise: Exercise) -> str:
    """What a page says of its checks, and of the files; before that, the place to work."""
    return "\n".join([*_place(exercise), *_checks(exercise), *_files(exercise)])


def _place(exercise: Exercise) -> Iterator[str]:
    yield f'<div class="playground" data-exercise="{exercise.slug}" markdown>\n'
    yield "## Write it here\n"
    yield (
        "With nothing installed, on this page: an editor, the same checks, and your own app to "
        f"try. In a terminal it is `{typed('check', exercise)}`.\n"
    )
    yield "<noscript>The editor needs JavaScript. The terminal does not.</noscript>\n"
    yield "</div>\n"


def _checks(exercise: Exercise) -> Iterator[str]:
    found = checkfile.checks(exercise.checks)
    yield "## The checks\n"
    yield (
        f"`{typed('check', exercise)}` asks for this, in this order. "
        "A title unfolds its hints, from a nudge to nearly code.\n"
    )
    for check in found:
        texts = checkfile.marks(check).get("hints", [])
        yield f'??? tip "{_title(checkfile.title(check))}"'
        lines = [f"{number}. {_prose(text)}" for number, text in enumerate(texts, 1)]
        yield textwrap.indent("\n".join(lines) or "There is no hint for this.", "    ") + "\n"


def _files(exercise: Exercise) -> Iterator[str]:
    yield "## The starter and the solution\n"
    yield (
        "Yours may look different, and be as right: the checks ask what an app does. "
        f"`{typed('solution', exercise)}` shows the solution beside your code.\n"
    )
    wanted = [file.relative_to(exercise.solution) for file in _listed(exercise.solution)]
    starters = [name for name in wanted if (exercise.starter / name).is_file()]
    yield from _folded("The starter", exercise.starter, starters)
    yield from _folded("The solution", exercise.solution, wanted)


def _folded(what: str, folder: Path, names: list[Path]) -> Iterator[str]:
    for name in names:
        language = LANGUAGES.get(name.name, LANGUAGES.get(name.suffix, "text"))
        source = (folder / name).read_text("utf-8").rstrip()
        yield f'??? example "{what}: {name.as_posix()}"'
        yield textwrap.indent(f"```{language}\n{source}\n```", "    ") + "\n"


def _listed(folder: Path) -> list[Path]:
    """The files of a solution, main.py first."""
    files = [
        file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts
    ]
    return sorted(files, key=lambda file: (file.name != "main.py", file.as_posix()))


def commands() -> str:
    """Every command with its options, as its `--help` says them."""
    from typer.main import get_command
    from typer.testing import CliRunner

    from course.cli import app

    names = getattr(get_command(app), "commands")  # noqa: B009  of a group, which mypy does not see
    parts = []
    for name in names:
        said = CliRunner().invoke(app, [name, "--help"], env=WIDTH, prog_name="python -m course")
        parts.append(f"## {name}\n\n```text\n{said.output.strip()}\n```\n")
    return "\n".join(parts)


def proof(every: list[Exercise]) -> str:
    """How many checks, known solutions and listed mutants each exercise has."""
    rows = []
    for exercise in every:
        roles = Counter(submission.role for submission in submissions(exercise))
        counts = [len(checkfile.checks(exercise.checks)), roles["wrong"], roles["right"]]
        rows.append([*counts, len(equivalents(exercise))])
    lines = [
        f"| {exercise.name}: {exercise.title} | {' | '.join(map(str, row))} |"
        for exercise, row in zip(every, rows, strict=True)
    ]
    sums = " | ".join(f"**{sum(column)}**" for column in zip(*rows, strict=True))
    head = "| Exercise | Checks | Wrong | Right | Changes listed |\n|---|--:|--:|--:|--:|"
    return "\n".join([head, *lines, f"| **All** | {sums} |", ""])


def _title(text: str) -> str:
    """For the title of a fold, which ends at the first quote."""
    return _prose(text).replace('"', "&quot;")


def _prose(text: str) -> str:
    """A plain text, so that Markdown and HTML leave it as it is."""
    escaped = html.escape(text, quote=False)
    return "".join(f"\\{char}" if char in "\\`*_[]{}|$" else char for char in escaped)
