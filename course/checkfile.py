"""Reads what a file of checks says about its checks, without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from course.catalogue import Exercise


def checks(file: Path) -> Iterator[ast.FunctionDef]:
    """The checks of a file, in their order."""
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


def marks(check: ast.FunctionDef) -> dict[str, list[str]]:
    """The texts in each of its marks: `{"hints": ["…", "…"], "section": ["order"]}`."""
    return {
        ast.unparse(decorator.func).rpartition(".")[2]: [
            str(argument.value) for argument in decorator.args if isinstance(argument, ast.Constant)
        ]
        for decorator in check.decorator_list
        if isinstance(decorator, ast.Call)
    }


def title(check: ast.FunctionDef) -> str:
    """The first line of its docstring."""
    return (ast.get_docstring(check) or check.name).partition("\n")[0].rstrip(".")


def hints(exercise: Exercise) -> dict[str, list[str]]:
    """The hints of each check that has some, by the check's name."""
    found = {check.name: marks(check).get("hints", []) for check in checks(exercise.checks)}
    return {name: texts for name, texts in found.items() if texts}
