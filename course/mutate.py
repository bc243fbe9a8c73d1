"""Changes a solution in small ways. A change that no check notices is a gap in the checks.

Changes that make no difference a client could see are listed, each with its reason, in
`tests/mutants/NN_slug.txt`.
"""

from __future__ import annotations

import ast
import copy
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from course.catalogue import Exercise
from course.harness.workspace import MAIN, SKIPPED
from course.pool import Job, run_all
from course.spare import Limits

LIMITS = Limits()
OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


@dataclass(frozen=True)
class Mutant:
    """One change. `name` does not hold a line number, so that the list outlives an edit."""

    name: str
    line: int
    source: str


def every_mutant_is_killed(
    exercises: list[Exercise],
    console: Console,
    listed_too: bool = True,
    sample: int = 1,
    seed: str = "",
) -> list[str]:
    """Every change to a solution is noticed, or listed as equivalent, with a reason.

    Those take the longest, as every check passes them. Without `listed_too` they are not run: then
    only one that is not there any more is a fault of the list. With a `sample` of 3, every third
    mutant is run, beginning with one that `seed` decides.
    """
    from course.verify import progress

    with tempfile.TemporaryDirectory(prefix="course-mutants-") as name:
        jobs = [job for exercise in exercises for job in _jobs(exercise, Path(name, exercise.slug))]
        listed = {exercise: equivalents(exercise) for exercise in exercises}
        asked = [j for j in jobs if listed_too or _mutant(j).name not in listed[j.exercise]]
        ran = asked[random.Random(seed or None).randrange(sample) :: sample]
        with progress(console) as bar:
            task = bar.add_task("Mutants", total=len(ran))
            survivors = []
            for job, report in run_all(ran, LIMITS):
                bar.advance(task)
                if report.status == "pass":
                    survivors.append(job)
    faults: list[str] = []
    for exercise in exercises:
        every, tried, left = (_of(exercise, some) for some in (jobs, ran, survivors))
        console.print(
            f"{exercise.slug}: {len(tried)} of {len(every)} mutants were run, and "
            f"{len(tried) - len(left)} killed; {len(listed[exercise])} are listed as equivalent."
        )
        faults += [f"{exercise.slug}: {f}" for f in _faults(every, tried, left, listed[exercise])]
    return faults


def _mutant(job: Job) -> Mutant:
    assert isinstance(job.key, Mutant)
    return job.key


def _of(exercise: Exercise, jobs: list[Job]) -> list[Mutant]:
    return [_mutant(job) for job in jobs if job.exercise == exercise]


def _faults(
    every: list[Mutant], tried: list[Mutant], survivors: list[Mutant], listed: dict[str, str]
) -> Iterator[str]:
    for mutant in sorted(survivors, key=lambda mutant: mutant.line):
        if not listed.get(mutant.name):
            yield f"no check notices line {mutant.line}: {mutant.name}"
    there, ran, left = ({m.name for m in some} for some in (every, tried, survivors))
    for name, reason in listed.items():
        if name not in there or name in ran - left:
            yield f"listed as equivalent, but it is noticed or not there: {name}"
        elif not reason and name not in left:
            yield f"listed as equivalent, without a reason: {name}"


def equivalents(exercise: Exercise) -> dict[str, str]:
    """The listed mutants and why each one is equivalent: `name  # reason` a line."""
    path = exercise.root / "tests" / "mutants" / f"{exercise.slug}.txt"
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    pairs = (line.partition("  # ") for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): reason.strip() for name, _, reason in pairs}


def mutants(source: str) -> Iterator[Mutant]:
    """Every change of a file, one at a time, in the order of the file."""
    tree = ast.parse(source)
    seen: dict[str, int] = {}
    for index, node in enumerate(ast.walk(tree)):
        for what, change in _changes(node):
            changed = copy.deepcopy(tree)
            change(list(ast.walk(changed))[index])
            name = f"{_where(tree, node)}: {what}"
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                name = f"{name} ({seen[name]})"
            yield Mutant(name, getattr(node, "lineno", 0), ast.unparse(changed))


Change = tuple[str, Callable[[ast.AST], None]]


def _changes(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Constant(value=bool() as value):
            yield f"{value} becomes {not value}", _set("value", not value)
        case ast.Constant(value=int() | float() as value):
            yield f"{value} becomes {value + 1}", _set("value", value + 1)
            yield f"{value} becomes {value - 1}", _set("value", value - 1)
        case ast.Constant(value=str() as value):
            yield f"{value!r} becomes another text", _set("value", f"{value}X")
        case ast.Compare(ops=[op]):
            other = OPPOSITE[type(op)]
            yield f"{type(op).__name__} becomes {other.__name__}", _set("ops", [other()])
        case ast.BoolOp(op=op):
            turned = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield f"{type(op).__name__} becomes {type(turned).__name__}", _set("op", turned)
        case ast.UnaryOp(op=ast.Not()):
            yield "not is dropped", _set("op", ast.UAdd())
        case ast.IfExp():
            yield "the condition is always true", _set("test", ast.Constant(True))
            yield "the condition is never true", _set("test", ast.Constant(False))
        case ast.If():
            yield "the condition is always true", _set("test", ast.Constant(True))
            yield "the condition is never true", _set("test", ast.Constant(False))
        case ast.arg(annotation=ast.expr()):
            yield f"the annotation of {node.arg} is dropped", _set("annotation", None)
        case ast.Return(value=ast.expr()):
            yield "None is returned", _set("value", ast.Constant(None))
        case ast.Call(keywords=keywords):
            for number, keyword in enumerate(keywords):
                yield f"{keyword.arg}= is dropped", _pop(number)


def _set(field: str, value: object) -> Callable[[ast.AST], None]:
    def change(node: ast.AST) -> None:
        setattr(node, field, value)
        ast.fix_missing_locations(node)

    return change


def _pop(number: int) -> Callable[[ast.AST], None]:
    def change(node: ast.AST) -> None:
        assert isinstance(node, ast.Call)
        node.keywords.pop(number)

    return change


def _where(tree: ast.Module, node: ast.AST) -> str:
    """The function, class or variable of the top level that a node belongs to."""
    line = getattr(node, "lineno", 0)
    for statement in tree.body:
        first = min(
            [statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))]
        )
        if first <= line <= (statement.end_lineno or line):
            target = getattr(statement, "targets", [getattr(statement, "target", statement)])[0]
            return getattr(statement, "name", getattr(target, "id", "module"))
    return "module"


def _jobs(exercise: Exercise, folder: Path) -> Iterator[Job]:
    """Each mutant in a copy of the solution. Those of other files than main.py begin with its name."""
    for file in sorted(exercise.solution.rglob("*.py")):
        name = file.relative_to(exercise.solution)
        for number, mutant in enumerate(mutants(file.read_text("utf-8"))):
            path = folder / f"{'_'.join(name.parts)}-{number}"
            shutil.copytree(exercise.solution, path, ignore=shutil.ignore_patterns(*SKIPPED))
            (path / name).write_text(mutant.source, "utf-8")
            if name.name != MAIN or len(name.parts) > 1:
                mutant = replace(mutant, name=f"{name.as_posix()}: {mutant.name}")
            yield Job(mutant, exercise, path, stop=True)
