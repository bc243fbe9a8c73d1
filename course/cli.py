"""The commands of `python -m course`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from course import catalogue
from course.catalogue import Exercise, UnknownLesson
from course.commands import typed
from course.spare import Spare

if TYPE_CHECKING:
    from course.harness.report import Report
    from course.progress import Progress

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
Where = Annotated[
    str,
    typer.Argument(
        help="A number, a slug or a unique part of one; without it, where you are.",
        metavar="LESSON",
    ),
]
DatabaseOption = Annotated[
    Literal["sqlite", "postgresql"], typer.Option(help="For the lessons that have a database.")
]
Problems = Annotated[
    bool, typer.Option("--problems", help="Also print each failure as FILE:LINE: error: …")
]


def main(spare: Spare | None = None) -> None:
    """Run the command line. `spare` is a child that is already starting."""
    if spare:
        _spare.append(spare)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a sign that is missing must not end anything
    try:
        app()
    except KeyboardInterrupt:
        _error("Stopped.")
        sys.exit(130)


@app.command()
def check(
    lesson: Where = "",
    submission: Annotated[
        Path | None,
        typer.Option(help="Another main.py, or a folder with one, instead of the lesson's."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The Report, and nothing else.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Also write the Report as JUnit XML.")] = None,
    problems: Problems = False,
    database: DatabaseOption = "sqlite",
    docker: Annotated[
        bool, typer.Option("--docker", help="Lesson 10: also build and run it with Docker.")
    ] = False,
    seed: Annotated[str, typer.Option(help="Repeat a run with the same random values.")] = "",
    root: Root = catalogue.ROOT,
) -> None:
    """Run the checks of a lesson on your code."""
    from course import runner

    exercise = _find_or_current(lesson, root)
    path = submission or exercise.folder
    if not path.exists():
        _stop(f"There is no file or folder {path}.")
    with _database(database) as environment:
        spare = _spare.pop() if _spare else None
        report = runner.check(exercise, path, None, spare, seed, environment=environment)
    if junit:
        _write_junit(report, junit)
    if json:
        sys.stdout.write(report.as_json() + "\n")
    else:
        _show(report, exercise, path, problems)
    progress = None if submission else _record(report, root)
    if docker:
        _build_and_run(report, path)
    if not json and report.status == "pass":
        from course import path as way
        from course.progress import ProgressFile, following

        every = catalogue.exercises(root)
        progress = progress or ProgressFile(root).read()
        after = following(progress, every, exercise)
        _print(f"\n  All checks pass.{'' if after else ' That was the last exercise.'}")
        _print_lines(way.next_steps(after) if after else [])
    raise typer.Exit(PASSED if report.status == "pass" else FAILED)


@app.command()
def watch(
    lesson: Where = "",
    poll: Annotated[
        bool, typer.Option("--poll", help="Look for changes; do not rely on the system's events.")
    ] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Line by line, as for a screen reader or a pipe.")
    ] = False,
    problems: Problems = False,
    database: DatabaseOption = "sqlite",
    root: Root = catalogue.ROOT,
) -> None:
    """Check on every save, with one-key commands."""
    exercise = _find_or_current(lesson, root)
    console = Console(highlight=False)
    with _database(database) as environment:
        if plain or problems or not _is_screen(console):
            from course.watch_plain import watch_plain

            def show(report: Report, path: Path) -> None:
                _show(report, exercise, path, problems)

            status = watch_plain(exercise, show, poll, environment)
        else:
            from course.watch import Watch

            every = catalogue.exercises(root)
            status = Watch(exercise, every, console, poll, environment).run()
    raise typer.Exit(status)


@app.command()
def hint(lesson: Where = "", root: Root = catalogue.ROOT) -> None:
    """Show the next hint for the check that fails now."""
    from course import hints, runner

    exercise = _find_or_current(lesson, root)
    report = runner.check(exercise, exercise.folder, spare=_spare.pop() if _spare else None)
    progress = _record(report, root)
    failure = report.first_failure
    if failure is None and report.not_run:
        _print(
            f"Nothing has failed. {len(report.not_run)} checks were not run: {report.not_run[0].message}"
        )
        return
    if failure is None:
        _print("All checks pass. These are all the hints of this lesson:\n")
        _print_lines(hints.everything(exercise))
        return
    shown = progress.of(exercise.slug).hints.get(failure.id, 0)
    number = hints.next_number(exercise, failure, shown)
    _print_lines(hints.up_to(exercise, failure, number))
    if number:
        _change(root, lambda progress: progress.hint_shown(exercise.slug, failure.id, number))


@app.command()
def solution(
    lesson: Where = "",
    force: Annotated[
        bool, typer.Option("--force", help="Also before all checks have passed.")
    ] = False,
    root: Root = catalogue.ROOT,
) -> None:
    """Show the reference beside your code, after you have passed."""
    from course import solution as reference
    from course.progress import ProgressFile

    exercise = _find_or_current(lesson, root)
    if not ProgressFile(root).read().of(exercise.slug).passed_at:
        if not force:
            _stop(
                f"{exercise.name} has not passed yet. {typed('hint', exercise)} gives a hint; "
                f"{typed('solution', exercise, 'force')} shows the solution all the same."
            )
        typer.confirm("Not all checks have passed. Show the solution all the same?", abort=True)
    _print_lines(reference.lines(exercise))


@app.command()
def reset(
    lesson: Lesson,
    undo: Annotated[
        bool, typer.Option("--undo", help="Bring back what the last reset put aside.")
    ] = False,
    root: Root = catalogue.ROOT,
) -> None:
    """Put the starter back. Your version is kept."""
    from course import reset as back

    exercise = _find(lesson, root)
    folder = _as_typed(exercise.folder)
    try:
        if undo:
            source, kept = back.undo(exercise)
            _print(f"{folder} is again what was kept in {_as_typed(source)}.")
        else:
            kept = back.reset(exercise)
            _print(f"{folder} is the starter{' again' if kept else ' already: nothing to do'}.")
    except (OSError, back.NothingToUndo) as error:
        _stop(str(error))
    if kept:
        _print(f"Your version is kept in {_as_typed(kept)}.")
        _print(f"To bring it back: {typed('reset', exercise, 'undo')}")


@app.command()
def progress(
    json: Annotated[bool, typer.Option("--json", help="The same, for programs.")] = False,
    root: Root = catalogue.ROOT,
) -> None:
    """Show your way through the course, and what you have learned."""
    from course import path as way

    reached, every = _progress(root), catalogue.exercises(root)
    if json:
        sys.stdout.write(dumps(way.as_dict(reached, every), ensure_ascii=False, indent=2) + "\n")
    else:
        _print_lines(way.stages(reached, every, Console(highlight=False)))


@app.command(name="next")
def next_lesson(root: Root = catalogue.ROOT) -> None:
    """Show what to do next."""
    from course import path as way
    from course.progress import current

    _print_lines(way.next_steps(current(_progress(root), catalogue.exercises(root))))


@app.command(name="list")
def list_lessons(
    search: Annotated[str, typer.Argument(help="Only those with these words.")] = "",
    root: Root = catalogue.ROOT,
) -> None:
    """List the lessons, challenges and drills, with how far you are in each."""
    from course import view
    from course.progress import current

    console, every, progress = Console(highlight=False), catalogue.exercises(root), _progress(root)
    here = current(progress, every)
    found = view.matching(every, search)
    _print_lines(line for line, _ in view.listed(found, progress, console, here))


@app.command()
def verify(
    lessons: Annotated[list[str] | None, typer.Argument(help="Only these lessons.")] = None,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Also change each solution in small ways.")
    ] = False,
    sample: Annotated[
        int,
        typer.Option(
            min=1, help="Only one in so many of these changes, and of the wrong ones in Pyodide."
        ),
    ] = 1,
    browser: Annotated[
        bool, typer.Option("--browser", help="Also run each in Pyodide, which must say the same.")
    ] = False,
    seed: Annotated[str, typer.Option(help="Repeat a run with the same random values.")] = "",
    database: DatabaseOption = "sqlite",
    root: Root = catalogue.ROOT,
) -> None:
    """Prove that the checks are right: for the course's authors."""
    from course import verify as proof
    from course.pyodide import NotBuilt

    chosen = [_find(name, root) for name in lessons or []] or catalogue.exercises(root)
    console = Console(highlight=False, stderr=True)
    if database == "sqlite":
        try:
            faults = proof.verify(
                chosen,
                console,
                seed,
                whole=not lessons,
                mutants=mutants,
                sample=sample,
                browser=browser,
            )
        except NotBuilt as error:
            _stop(str(error))
    else:
        with _database(database) as environment:
            faults = proof.verify_on(environment, chosen, console, seed)
    for fault in faults:
        console.print(f"  {fault}", markup=False, soft_wrap=True)
    raise typer.Exit(FAILED if faults else PASSED)


@app.command()
def site(
    built: Annotated[
        Path | None,
        typer.Argument(help="a site that was built: its pages get a content security policy"),
    ] = None,
    root: Root = catalogue.ROOT,
) -> None:
    """Write the parts of the site that come from the code: for the course's authors."""
    from course import policy
    from course import site as parts

    try:
        if built is not None:
            _print(f"{policy.add(built)} pages in {built} have got their policy.")
            return
        changed = parts.write(root)
    except OSError as error:
        _stop(f"Cannot write {error.filename}: {error.strerror}.")
    _print(f"{len(changed)} files in {_as_typed(root / parts.FOLDER)} have changed.")


def _build_and_run(report: Report, path: Path) -> None:
    """Try it with Docker, where there is one. Ends the command when it does not work there."""
    from course.deployment import docker

    if not docker.available():
        _error(f"\n  {docker.WITHOUT}")
    elif report.status != "pass":
        _error("\n  Docker is tried when all checks pass.")
    else:
        _error(
            "\n  Docker builds the image and starts everything. The first time, that takes minutes."
        )
        outcome = docker.build_and_run(path)
        _error(f"\n  {outcome.text}")
        if not outcome.worked:
            raise typer.Exit(FAILED)


def _find(name: str, root: Path) -> Exercise:
    try:
        return catalogue.find(name, root)
    except UnknownLesson as error:
        _stop(str(error))


def _write_junit(report: Report, path: Path) -> None:
    from course import junit

    try:
        junit.write(report, path)
    except OSError as error:
        _stop(f"Cannot write {path}: {error.strerror}.")


def _as_typed(path: Path) -> Path:
    """The file or folder relative to where the learner stands, when it is below."""
    absolute = path.resolve()
    return absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else absolute


def _find_or_current(name: str, root: Path) -> Exercise:
    """Without a name, the exercise where the learner is."""
    if name:
        return _find(name, root)
    from course.progress import current

    every = catalogue.exercises(root)
    exercise = current(_progress(root), every)
    return exercise or every[-1]


def _progress(root: Path) -> Progress:
    from course.progress import ProgressFile

    file = ProgressFile(root)
    progress = file.read()
    for note in file.notes:
        _error(note)
    return progress


def _record(report: Report, root: Path) -> Progress:
    from course.progress import now

    return _change(root, lambda progress: progress.take(report, now()))


def _change(root: Path, change: Callable[[Progress], None]) -> Progress:
    """The progress with a change, which is saved when it can be."""
    from course.progress import NotSaved, ProgressFile

    file = ProgressFile(root)
    try:
        progress = file.change(change)
    except NotSaved as error:
        progress = file.read()
        change(progress)
        _error(str(error))
    for note in file.notes:
        _error(note)
    return progress


def _show(report: Report, exercise: Exercise, path: Path, problems: bool) -> None:
    from course import terminal

    terminal.show(report, Console(highlight=False), exercise, _as_typed(path))
    if problems:
        _print_lines([Text(), *map(Text, terminal.problems(report, _as_typed(path)))])


@contextmanager
def _database(name: str) -> Iterator[dict[str, str]]:
    """What a child's environment needs for this kind of database."""
    if name == "sqlite":
        yield {}
        return
    from course import postgres
    from course.harness.database import SERVER

    try:
        with postgres.server() as address:
            yield {SERVER: address}
    except postgres.NoPostgres as error:
        _stop(str(error))


def _is_screen(console: Console) -> bool:
    """Whether there is a terminal that can show more than lines, and a keyboard."""
    return console.is_terminal and not console.is_dumb_terminal and sys.stdin.isatty()


def _print(text: str) -> None:
    Console(highlight=False).print(text, markup=False, soft_wrap=True)


def _print_lines(lines: Iterable[Text]) -> None:
    console = Console(highlight=False)
    for line in lines:
        console.print(line, soft_wrap=True)


def _error(text: str) -> None:
    Console(stderr=True, highlight=False).print(text, markup=False, soft_wrap=True)


def _stop(text: str) -> NoReturn:
    _error(text)
    raise typer.Exit(WRONG_COMMAND)
