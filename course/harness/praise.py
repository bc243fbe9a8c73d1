"""Finds one thing that was done well: true, specific, and not in the starter."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from course.harness import words
from course.harness.blocking import BLOCKING
from course.harness.remark import KINDS
from course.harness.report import Advice
from course.harness.source import Function, Source, last, parameters, values_of


def _praise(source: Source, node: ast.stmt, docs: str, text: str) -> Advice:
    return Advice("praise", text, source.file, node.lineno, docs, "praise")


def _lifespan(sources: list[Source]) -> Advice | None:
    """In lesson 1 a lifespan that is handed over reads the catalogue: else its checks fail."""
    given = {
        last(value)
        for source in sources
        for call in source.all(ast.Call)
        for value in values_of(call, "lifespan")
    }
    for source, function in _all_functions(sources):
        managers = {source.meaning(decorator) for decorator in function.decorator_list}
        if function.name in given and "contextlib.asynccontextmanager" in managers:
            text = (
                f"The catalogue is read in {function.name}, once for each start. Importing the "
                "file reads nothing, and no request waits for the disk."
            )
            return _praise(source, function, "lessons/01_routing/#lifespan", text)
    return None


def _two_models(sources: list[Source]) -> Advice | None:
    """A password goes into one model, and there is no place for it in the other."""
    for source, function in _all_functions(sources):
        routes = source.routes(function)
        answers = [model for route in routes for model in values_of(route, "response_model")]
        shown = last(answers[0] if answers else function.returns)
        fields = _fields(shown, sources)
        if not routes or not fields or "password" in fields or _answers_by_hand(function, source):
            continue
        for argument, _ in parameters(function):
            taken = last(_inside_annotated(argument.annotation)[0])
            if "password" in _fields(taken, sources):
                text = (
                    f"{function.name} takes {words.a(taken)} and answers with {words.a(shown)}, "
                    "which has no password. What is not in that model cannot get out by mistake."
                )
                return _praise(source, function, "lessons/02_models/#a-model-for-the-answer", text)
    return None


def _query_model(sources: list[Source]) -> Advice | None:
    for source, function in _all_functions(sources):
        for argument, _ in parameters(function):
            kind, rules = _inside_annotated(argument.annotation)
            model = last(kind)
            if "Query" in map(source.marker, rules) and _forbids_more(model, sources):
                text = (
                    f"{model} keeps the query parameters of {function.name} together and forbids "
                    "unknown ones: a mistyped name becomes a 422."
                )
                return _praise(source, function, "lessons/03_parameters/#a-query-model", text)
    return None


def _choice(sources: list[Source]) -> Advice | None:
    for source, function in _all_functions(sources):
        for argument, _ in parameters(function) if source.routes(function) else []:
            if _names_its_values(argument.annotation, source):
                text = (
                    f"The type of {argument.arg} in {function.name} names the values that it may "
                    "have. FastAPI refuses all others, and /docs shows the choice."
                )
                docs = "lessons/01_routing/#a-choice-of-values"
                return _praise(source, function, docs, text)
    return None


def _return_types(sources: list[Source]) -> Advice | None:
    every = [(s, f) for s, f in _all_functions(sources) if s.routes(f)]
    others = any(last(c.func) == "add_api_route" for s in sources for c in s.all(ast.Call))
    if len(every) < 3 or others or not all(_says_what(f, s) for s, f in every):
        return None
    text = (
        "Every path operation says what it answers. FastAPI checks each answer against that, and "
        "/docs shows it."
    )
    return _praise(*every[0], "lessons/02_models/#a-model-for-the-answer", text)


def _says_what(function: Function, source: Source) -> bool:
    """By a type that says more than that it is a dict, and that FastAPI gets to look at."""
    said = [m for r in source.routes(function) for m in values_of(r, "response_model")]
    said += [function.returns] if function.returns and not said else []
    vague = {"dict", "list", "object"} & set(map(last, said))
    names = {last(node) for kind in said for node in ast.walk(kind)}
    named = {name for name in names if name == "Any" or name.endswith("Response")}
    return bool(said) and not vague and not named and not _answers_by_hand(function, source)


def _answers_by_hand(function: Function, source: Source) -> bool:
    """`return JSONResponse(…)`, which no model filters."""
    return any(
        source.scopes[call] is function and last(call.func).endswith("Response")
        for call in source.all(ast.Call)
    )


def _thread(sources: list[Source]) -> Advice | None:
    for source, function in _all_functions(sources):
        if not isinstance(function, ast.FunctionDef) or not source.routes(function):
            continue
        for call in source.all(ast.Call):
            if source.scopes[call] is function and source.meaning(call.func) in BLOCKING:
                text = (
                    f"{function.name} uses {ast.unparse(call.func)}(), which blocks, and is a plain "
                    "def: FastAPI runs it in a thread and answers others meanwhile."
                )
                return _praise(source, function, KINDS["blocking"][1], text)
    return None


def _annotated_everywhere(sources: list[Source]) -> Advice | None:
    beside = []
    for source, function in _all_functions(sources):
        for argument, default in parameters(function):
            if source.marker(default):
                return None
            if any(map(source.marker, _inside_annotated(argument.annotation)[1])):
                beside.append((source, function))
    if len(beside) < 3:
        return None
    text = (
        "The rules of your parameters stand beside their types, in Annotated, and the defaults "
        "are plain values."
    )
    return _praise(*beside[0], KINDS["annotated"][1], text)


def _all_functions(sources: list[Source]) -> Iterator[tuple[Source, Function]]:
    for source in sources:
        for function in source.functions:
            yield source, function


def _inside_annotated(annotation: ast.expr | None) -> tuple[ast.expr | None, list[ast.expr]]:
    """The type and what stands beside it."""
    if isinstance(annotation, ast.Subscript) and last(annotation.value) == "Annotated":
        inside = annotation.slice
        if isinstance(inside, ast.Tuple) and inside.elts:
            return inside.elts[0], inside.elts[1:]
    return annotation, []


def _names_its_values(annotation: ast.expr | None, source: Source) -> bool:
    """A Literal of several texts, or an Enum of this file: a provided one is nobody's merit."""
    kind, _ = _inside_annotated(annotation)
    if isinstance(kind, ast.BinOp) and isinstance(kind.right, ast.Constant):
        kind = kind.left
    if isinstance(kind, ast.Subscript) and last(kind.value) == "Literal":
        return isinstance(kind.slice, ast.Tuple) and len(kind.slice.elts) > 1
    return any(
        node.name == last(kind) and source.meaning(base).startswith("enum.")
        for node in source.all(ast.ClassDef)
        for base in node.bases
    )


def _family(name: str, sources: list[Source]) -> list[ast.ClassDef]:
    """The class of that name, and its bases as far as they are the learner's."""
    names, found = [name], []
    for name in names:
        for node in (n for source in sources for n in source.all(ast.ClassDef)):
            if node.name == name and node not in found:
                found.append(node)
                names += map(last, node.bases)
    return found


def _fields(model: str, sources: list[Source]) -> set[str]:
    statements = [statement for node in _family(model, sources) for statement in node.body]
    return {last(s.target) for s in statements if isinstance(s, ast.AnnAssign)}


def _forbids_more(model: str, sources: list[Source]) -> bool:
    for node in _family(model, sources):
        config = [s for s in node.body if isinstance(s, ast.Assign | ast.AnnAssign)]
        said = [s.value for s in config if "model_config" in ast.unparse(s).partition("=")[0]]
        said += [keyword.value for keyword in node.keywords if keyword.arg == "extra"]
        inside = [n for part in said if part for n in ast.walk(part)]
        if any(isinstance(n, ast.Constant) and n.value == "forbid" for n in inside):
            return True
    return False


Praise = Callable[[list[Source]], Advice | None]

PRAISES: dict[str, tuple[Praise, ...]] = {
    "01_routing": (_lifespan,),
    "02_models": (_two_models,),
    "03_parameters": (_query_model,),
}
"""What the lesson teaches."""

GENERAL: tuple[Praise, ...] = (_thread, _return_types, _choice, _annotated_everywhere)
"""What is good everywhere, the rare before the frequent."""
