"""Reads what a file of checks says about its checks, without running it."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

from course.catalogue import Exercise


def checks(file: Path) -> list[ast.FunctionDef]:
    """The checks of a file, in their order."""
    return _checks(file.read_text("utf-8"))


@lru_cache(maxsize=1)
def _checks(text: str) -> list[ast.FunctionDef]:
    """`watch` asks for the same file after every run, and reading it takes 20 ms."""
    return [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def marks(check: ast.FunctionDef) -> dict[str, list[str]]:
    """The texts in each of its marks: `{"hints": ["…", "…"], "section": ["order"]}`."""
    return {
        ast.unparse(decorator.func).rpartition(".")[2]: [
            str(argument.value) for argument in decorator.args if isinstance(argument, ast.Constant)
        ]
        for decorator in check.decorator_list
        if isinstance(decorator, ast.Call)
    }


def uses(exercise: Exercise, fixture: str) -> bool:
    """Whether any of its checks asks for this fixture."""
    return any(
        argument.arg == fixture for check in checks(exercise.checks) for argument in check.args.args
    )


def title(check: ast.FunctionDef) -> str:
    """The first line of its docstring."""
    return (ast.get_docstring(check) or check.name).partition("\n")[0].rstrip(".")


def hints(exercise: Exercise) -> dict[str, list[str]]:
    """The hints of each check that has some, by the check's name."""
    found = {check.name: marks(check).get("hints", []) for check in checks(exercise.checks)}
    return {name: texts for name, texts in found.items() if texts}
