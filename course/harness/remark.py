"""The remarks that there are, and how one is made."""

from __future__ import annotations

import ast

from course.harness.report import Advice, Level
from course.harness.source import Source

Placed = ast.expr | ast.stmt | ast.arg | ast.alias | ast.ExceptHandler

KINDS: dict[str, tuple[Level, str]] = {
    "blocking": ("essential", "https://fastapi.tiangolo.com/async/#path-operation-functions"),
    "bare-except": ("essential", "https://docs.astral.sh/ruff/rules/bare-except"),
    "on-event": ("actionable", "lessons/01_routing/#lifespan"),
    "annotated": ("actionable", "lessons/03_parameters/#where-a-parameter-comes-from"),
    "response-model": ("informative", "lessons/02_models/#a-model-for-the-answer"),
    "unused-import": ("informative", "https://docs.astral.sh/ruff/rules/unused-import"),
}
"""The level of each remark and the page to read; another site's where the course has none yet."""


def remark(source: Source, kind: str, node: Placed, text: str, docs: str = "") -> Advice:
    """One remark on the line of `node`."""
    level, page = KINDS[kind]
    return Advice(level, text, source.file, node.lineno, docs or page, kind)
