"""Advice on style, for code that passes: what to write in another way, and one thing done well.

It reads the source and never runs it. It cannot see everything, so where it is not sure it says
nothing: a false remark is worse than none.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from operator import itemgetter

from course.harness.blocking import blocking
from course.harness.imports import unused_imports
from course.harness.praise import GENERAL, PRAISES
from course.harness.remark import remark
from course.harness.report import LEVELS, Advice
from course.harness.source import (
    DEPENDENCIES,
    Source,
    parameters,
    parse,
    read,
    values_of,
)


def advise(files: dict[str, str], slug: str) -> list[Advice]:
    """Remarks on a submission, the most important first, and at the end at most one praise.

    `files` are all its Python files, by their names relative to the learner's folder.
    """
    try:
        sources = read(files)
        remarks = [remark for source in sources for remark in _remarks(source, sources)]
        praises = (praise(sources) for praise in (*PRAISES.get(slug, ()), *GENERAL))
        praise = next(filter(None, praises), None)
    except Exception:
        return []  # no advice is worth a run that fails
    remarks.sort(key=lambda remark: LEVELS.index(remark.level))
    return [*remarks, praise] if praise else remarks


def _remarks(source: Source, sources: list[Source]) -> list[Advice]:
    """Those on one file, by their lines. A line with a `noqa` is as it is on purpose."""
    found = [(remark.line or 1, remark) for rule in RULES for remark in rule(source, sources)]
    meant = [line for line, _ in found if "noqa" in source.lines[line - 1].lower()]
    return [remark for line, remark in sorted(found, key=itemgetter(0)) if line not in meant]


def _on_event(source: Source, sources: list[Source]) -> Iterator[Advice]:
    for call in source.all(ast.Call):
        event = call.args[0] if call.args else None
        if (
            isinstance(call.func, ast.Attribute)
            and call.func.attr == "on_event"
            and isinstance(event, ast.Constant)
            and event.value in ("startup", "shutdown")
        ):
            yield remark(
                source,
                "on-event",
                call,
                "on_event is deprecated. Write one lifespan function instead: what stands before "
                "its yield runs when the app starts, what stands after it when the app stops.",
            )


def _not_annotated(source: Source, sources: list[Source]) -> Iterator[Advice]:
    for function in source.functions:
        optional = False  # has one of the parameters so far a default of its own?
        for argument, default in parameters(function):
            marker = source.marker(default)
            if not isinstance(default, ast.Call) or not marker or _is_unpacked(default):
                optional = optional or default is not None
                continue
            beside, own = _apart(default, marker)
            code = _annotated(argument, default.func, beside, own, source)
            text = (
                f"{marker}() is the default value of {argument.arg}, so a call from your own code "
                f"would get that object. Put it beside the type: {code}."
            )
            if optional and not own and argument not in function.args.kwonlyargs:
                text += " It has no default then, so it moves before those that have one."
            optional = optional or own is not None
            docs = "lessons/01_routing/#path-parameters" if marker == "Path" else ""
            yield remark(source, "annotated", argument, text, docs)


def _is_unpacked(call: ast.Call) -> bool:
    """What stands in `Query(*rules)` cannot be seen."""
    starred = any(isinstance(argument, ast.Starred) for argument in call.args)
    return starred or any(keyword.arg is None for keyword in call.keywords)


def _apart(call: ast.Call, marker: str) -> tuple[list[ast.expr | ast.keyword], ast.expr | None]:
    """`ge=1` and `20` for `Query(20, ge=1)`. An ellipsis means that there is no default."""
    if marker in DEPENDENCIES:
        return [*call.args, *call.keywords], None
    default = next(iter([*call.args, *values_of(call, "default")]), None)
    if isinstance(default, ast.Constant) and default.value is ...:
        default = None
    keywords = [keyword for keyword in call.keywords if keyword.arg != "default"]
    return [*call.args[1:], *keywords], default


def _annotated(
    argument: ast.arg,
    marker: ast.expr,
    beside: list[ast.expr | ast.keyword],
    default: ast.expr | None,
    source: Source,
) -> str:
    """`limit: Annotated[int, Query(ge=1)] = 20`."""
    kind = source.code(argument.annotation) if argument.annotation else "…"
    rules = ", ".join(map(source.code, beside))
    call = f"{source.code(marker)}({rules if len(rules) <= 60 else '…'})"
    value = f" = {source.code(default)}" if default else ""
    return f"{argument.arg}: Annotated[{kind}, {call}]{value}"


def _bare_except(source: Source, sources: list[Source]) -> Iterator[Advice]:
    for handler in source.all(ast.ExceptHandler):
        if handler.type is None and not _raises_again(handler):
            yield remark(
                source,
                "bare-except",
                handler,
                "A bare except also catches a misspelt name in your own code, and hides it. Name "
                "the exception that you expect, as in except ValueError.",
            )


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))


def _response_model(source: Source, sources: list[Source]) -> Iterator[Advice]:
    for function in source.functions:
        models = [m for r in source.routes(function) for m in values_of(r, "response_model")]
        returns = function.returns and ast.dump(_unquoted(function.returns))
        for model in models:
            if ast.dump(_unquoted(model)) == returns and not isinstance(model, ast.Constant):
                name = source.code(model)
                yield remark(
                    source,
                    "response-model",
                    model,
                    f"response_model={name} says what the return type of {function.name} says "
                    f"already. Delete it: -> {name} has the same effect.",
                )


def _unquoted(annotation: ast.expr) -> ast.expr:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        tree = parse(annotation.value)
        statement = tree.body[0] if tree and tree.body else None
        return statement.value if isinstance(statement, ast.Expr) else annotation
    return annotation


RULES: tuple[Callable[[Source, list[Source]], Iterator[Advice]], ...] = (
    blocking,
    _bare_except,
    _on_event,
    _not_annotated,
    _response_model,
    unused_imports,
)
