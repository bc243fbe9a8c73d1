"""Runs every known submission and gathers what `author` finds."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from course import author, checkfile
from course.catalogue import Exercise
from course.harness.report import Report
from course.pool import Job, run_all
from course.runner import NOTHING
from course.spare import Limits
from course.submissions import STOPPED, Role, Submission, submissions

LIMITS = Limits()


def verify(
    exercises: list[Exercise],
    console: Console,
    seed: str = "",
    whole: bool = True,
    mutants: bool = False,
    sample: int = 1,
    browser: bool = False,
) -> list[str]:
    """All faults, as sentences. `whole` also asks what only the course as a whole can answer.

    Then mutants that are listed as equivalent are not run again, which would take minutes. With
    `browser`, each submission runs in Pyodide too, and must get the same Report. Raises
    `pyodide.NotBuilt`.
    """
    seed = seed or secrets.token_hex(4)
    faults = [fault for exercise in exercises for fault in look(exercise)]
    if whole:
        faults += author.every_kind_is_triggered(exercises)
    if browser:
        ran, differences = _run_in_both(exercises, console, seed, sample)
        faults += differences
    else:
        ran = list(_run(exercises, console, seed))
    faults += author.every_submission_behaves(ran)
    faults += author.every_message_reads_well(ran)
    faults += author.every_report_fits_its_schema(ran)
    if mutants:
        from course import mutate

        faults += mutate.every_mutant_is_killed(exercises, console, not whole, sample, seed)
    count = f"{len(ran)} submissions of {len(exercises)} exercises"
    console.print(f"{count}: {f'{len(faults)} faults' if faults else 'all as they must be'}.")
    return faults


def _run_in_both(
    exercises: list[Exercise], console: Console, seed: str, sample: int
) -> tuple[list[tuple[Submission, Report]], list[str]]:
    """What the terminal says of each submission, and where Pyodide does not say the same."""
    from course.pyodide import Comparison

    ran, faults = [], []
    with Comparison(seed, sample) as comparison:
        for submission, report in _run(exercises, console, seed):
            ran.append((submission, report))
            comparison.take(submission, report)
        with progress(console) as bar:
            for found in bar.track(
                comparison.faults(), len(comparison.done), description="In Pyodide"
            ):
                faults += found
    console.print(f"{len(comparison.done)} of them ran in Pyodide too, with the seed {seed}.")
    return ran, faults


def verify_on(
    environment: Mapping[str, str], exercises: list[Exercise], console: Console, seed: str = ""
) -> list[str]:
    """Do the solutions and the right ones pass on another database too?

    Only of the exercises that have one.
    """
    asked = [exercise for exercise in exercises if checkfile.uses(exercise, "database")]
    ran = list(_run(asked, console, seed, environment, ("solution", "right")))
    faults = author.every_submission_behaves(ran)
    count = f"{len(ran)} submissions of {len(asked)} exercises on another database"
    console.print(f"{count}: {f'{len(faults)} faults' if faults else 'all as they must be'}.")
    return faults


def look(exercise: Exercise) -> list[str]:
    """What can be seen without running anything."""
    return [
        *author.every_check_is_complete(exercise),
        *author.there_are_enough_submissions(exercise),
        *author.every_check_is_triggered(exercise),
        *author.every_right_one_says_how(exercise),
        *author.there_are_no_strays(exercise),
        *author.the_starter_is_kept(exercise),
        *author.the_page_says_what_is_learned(exercise),
    ]


def _run(
    exercises: list[Exercise],
    console: Console,
    seed: str,
    environment: Mapping[str, str] = NOTHING,
    roles: tuple[Role, ...] = ("starter", "solution", "right", "wrong"),
) -> Iterator[tuple[Submission, Report]]:
    jobs = [
        Job(submission, exercise, submission.path, submission.role in STOPPED, environment)
        for exercise in exercises
        for submission in submissions(exercise)
        if submission.path.exists() and submission.role in roles
    ]
    with progress(console) as bar:
        task = bar.add_task("Submissions", total=len(jobs))
        for job, report in run_all(jobs, LIMITS, seed):
            bar.advance(task)
            assert isinstance(job.key, Submission)
            yield job.key, report


def progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
