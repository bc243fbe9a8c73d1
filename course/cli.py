"""The commands of `python -m course`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from course import catalogue
from course.catalogue import Exercise, UnknownLesson
from course.spare import Spare

app = typer.Typer(
    name="python -m course",
    help="Check your solutions of the FastAPI course.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
PASSED, FAILED, WRONG_COMMAND = 0, 1, 2

_spare: list[Spare] = []

Root = Annotated[Path, typer.Option(envvar="COURSE_ROOT", hidden=True)]
Lesson = Annotated[str, typer.Argument(help="A number, a slug or a unique part of one.")]


def main(spare: Spare | None = None) -> None:
    """Run the command line. `spare` is a child that is already starting."""
    if spare:
        _spare.append(spare)
    try:
        app()
    except KeyboardInterrupt:
        _error("Stopped.")
        sys.exit(130)


@app.command()
def check(
    lesson: Lesson,
    submission: Annotated[
        Path | None,
        typer.Option(help="Another main.py, or a folder with one, instead of the lesson's."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The Report, and nothing else.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Also write the Report as JUnit XML.")] = None,
    seed: Annotated[str, typer.Option(help="Repeat a run with the same random values.")] = "",
    root: Root = catalogue.ROOT,
) -> None:
    """Run the checks of a lesson on your code."""
    from course import runner

    exercise = _find(lesson, root)
    path = submission or exercise.folder
    if not path.exists():
        _stop(f"There is no file or folder {path}.")
    report = runner.check(exercise, path, spare=_spare.pop() if _spare else None, seed=seed)
    if junit:
        _write_junit(report, junit)
    if json:
        sys.stdout.write(report.as_json() + "\n")
    else:
        from course import terminal

        console = Console(highlight=False)
        terminal.show(report, console, exercise, _as_typed(path))
        if report.status == "pass":
            console.print(f"\n{_next(exercise, root)}", markup=False, soft_wrap=True)
    raise typer.Exit(PASSED if report.status == "pass" else FAILED)


@app.command(name="list")
def list_lessons(root: Root = catalogue.ROOT) -> None:
    """List the lessons."""
    console = Console(highlight=False)
    for exercise in catalogue.exercises(root):
        console.print(f"{exercise.key:>3}  {exercise.title}", markup=False)


@app.command()
def verify(
    lessons: Annotated[list[str] | None, typer.Argument(help="Only these lessons.")] = None,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Also change each solution in small ways.")
    ] = False,
    seed: Annotated[str, typer.Option(help="Repeat a run with the same random values.")] = "",
    root: Root = catalogue.ROOT,
) -> None:
    """Prove that the checks are right: for the course's authors."""
    from course import verify as proof

    chosen = [_find(name, root) for name in lessons or []] or catalogue.exercises(root)
    console = Console(highlight=False, stderr=True)
    faults = proof.verify(chosen, console, seed, whole=not lessons, mutants=mutants)
    for fault in faults:
        console.print(f"  {fault}", markup=False, soft_wrap=True)
    raise typer.Exit(FAILED if faults else PASSED)


def _find(name: str, root: Path) -> Exercise:
    try:
        return catalogue.find(name, root)
    except UnknownLesson as error:
        _stop(str(error))


def _write_junit(report: object, path: Path) -> None:
    from course import junit
    from course.harness.report import Report

    assert isinstance(report, Report)
    try:
        junit.write(report, path)
    except OSError as error:
        _stop(f"Cannot write {path}: {error.strerror}.")


def _as_typed(path: Path) -> Path:
    """The file or folder relative to where the learner stands, when it is below."""
    absolute = path.resolve()
    return absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else absolute


def _next(exercise: Exercise, root: Path) -> str:
    every = catalogue.exercises(root)
    after = every[every.index(exercise) + 1 :]
    if not after:
        return "  All checks pass. That was the last exercise."
    following = after[0]
    command = f"make check lesson={following.key}"
    if os.name == "nt":
        command = f"python -m course check {following.key}"
    return (
        f"  All checks pass. Next: {following.title}\n"
        f"      Read        docs/lessons/{following.slug}.md\n"
        f"      Change      lessons/{following.slug}/main.py\n"
        f"      Then        {command}"
    )


def _error(text: str) -> None:
    Console(stderr=True, highlight=False).print(text, markup=False, soft_wrap=True)


def _stop(text: str) -> NoReturn:
    _error(text)
    raise typer.Exit(WRONG_COMMAND)
