"""A file of the learner's, read with `ast` and never run: what its names mean, what it defines."""

from __future__ import annotations

import ast
import re
import warnings
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

Function = ast.FunctionDef | ast.AsyncFunctionDef
N = TypeVar("N", bound=ast.AST)

MOST = 50_000  # characters; more is no lesson's code, and would take long to read
ROUTES = {"get", "post", "put", "patch", "delete", "head", "options", "trace", "api_route"}
FASTAPI = ("fastapi", "fastapi.params", "fastapi.param_functions")
DEPENDENCIES = {"Depends", "Security"}
MARKERS = {"Query", "Path", "Header", "Body", "Cookie", "Form", "File", *DEPENDENCIES}


@dataclass(frozen=True)
class Import:
    """One name of an import statement."""

    alias: ast.alias
    node: ast.Import | ast.ImportFrom

    @property
    def module(self) -> str:
        """Of `from … import`, with its leading dots; "" for a plain import."""
        if isinstance(self.node, ast.Import):
            return ""
        return "." * self.node.level + (self.node.module or "")

    @property
    def name(self) -> str:
        """What it is called in the file: `urllib` after `import urllib.request`."""
        name = self.alias.name if self.module else self.alias.name.partition(".")[0]
        return self.alias.asname or name

    @property
    def meaning(self) -> str:
        if self.module:
            return f"{self.module}.{self.alias.name}"
        return self.alias.name if self.alias.asname else self.name


SCOPES = {ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda}
AWAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith)
SCOPED = {ast.Call, ast.Yield, ast.comprehension, *AWAITS}
LEAVES = {"ctx", "op", "ops"}  # fields whose nodes say nothing that is asked here


@dataclass
class Source:
    """A file, gone through once. Without a tree it could not be read."""

    file: str
    text: str
    tree: ast.Module | None
    nodes: dict[type[ast.AST], list[ast.AST]] = field(default_factory=lambda: defaultdict(list))
    scopes: dict[ast.AST, ast.AST | None] = field(default_factory=dict)
    """The function around each call and each await."""

    def __post_init__(self) -> None:
        waiting: list[tuple[ast.AST, ast.AST | None]] = [(self.tree, None)] if self.tree else []
        for node, scope in waiting:
            kind = type(node)
            self.nodes[kind].append(node)
            if kind in SCOPED:
                self.scopes[node] = scope
            inner = node if kind in SCOPES else scope
            for name in node._fields:
                value = None if name in LEAVES else getattr(node, name, None)
                # Decorators, defaults and annotations run where the function is defined.
                here = inner if name == "body" else scope
                if isinstance(value, list):
                    waiting += [(item, here) for item in value if isinstance(item, ast.AST)]
                elif isinstance(value, ast.AST):
                    waiting.append((value, here))

    def all(self, kind: type[N]) -> list[N]:
        return self.nodes.get(kind, [])  # type: ignore[return-value]

    @cached_property
    def lines(self) -> list[str]:
        return re.split(r"\r\n?|\n", self.text)

    def code(self, node: ast.expr | ast.keyword) -> str:
        """As the learner has written it, when it is on one line."""
        line = self.lines[node.lineno - 1].encode() if node.lineno == node.end_lineno else b""
        code = line[node.col_offset : node.end_col_offset].decode("utf-8", "replace")
        return code if code and code.isprintable() else ast.unparse(node)

    @cached_property
    def functions(self) -> list[Function]:
        return [*self.all(ast.FunctionDef), *self.all(ast.AsyncFunctionDef)]

    @cached_property
    def imports(self) -> list[Import]:
        nodes: list[ast.Import | ast.ImportFrom] = [
            *self.all(ast.Import),
            *self.all(ast.ImportFrom),
        ]
        return [Import(alias, node) for node in nodes for alias in node.names]

    @cached_property
    def meanings(self) -> dict[str, str]:
        """`{"sleep": "time.sleep"}`. A name that may be something else as well is not there."""
        meanings: dict[str, str] = {}
        unsure = {name.id for name in self.all(ast.Name) if isinstance(name.ctx, ast.Store)}
        unsure |= {arg.arg for arg in self.all(ast.arg)}
        unsure |= {node.name for node in (*self.functions, *self.all(ast.ClassDef))}
        unsure |= {handler.name for handler in self.all(ast.ExceptHandler) if handler.name}
        for imported in self.imports:
            if meanings.setdefault(imported.name, imported.meaning) != imported.meaning:
                unsure.add(imported.name)
        return {name: meaning for name, meaning in meanings.items() if name not in unsure}

    def meaning(self, node: ast.AST) -> str:
        """`time.sleep`, however it was imported and whatever it is called here; "" if not sure."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        start = self.meanings.get(node.id) if isinstance(node, ast.Name) else None
        return ".".join([start, *reversed(parts)]) if start else ""

    def marker(self, node: ast.AST | None) -> str:
        """`Query` for a call of FastAPI's Query; "" for everything else."""
        if not isinstance(node, ast.Call):
            return ""
        package, _, name = self.meaning(node.func).rpartition(".")
        return name if package in FASTAPI and name in MARKERS else ""

    def routes(self, function: Function) -> list[ast.Call]:
        """Its decorators that make it a path operation."""
        return [
            decorator
            for decorator in function.decorator_list
            if isinstance(decorator, ast.Call)
            and isinstance(decorator.func, ast.Attribute)
            and decorator.func.attr in ROUTES
            and _is_path([*decorator.args, *values_of(decorator, "path")][:1])
        ]


def read(files: dict[str, str]) -> list[Source]:
    """main.py first, then what is near it."""
    sources, room = [], MOST
    for file in sorted(files, key=lambda file: (file != "main.py", file.count("/"), file)):
        room -= len(files[file])
        tree = parse(files[file]) if room >= 0 else None
        sources.append(Source(file, files[file], tree))
    return sources


def parse(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the import itself shows what Python warns of
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_path(arguments: list[ast.expr]) -> bool:
    """Not so the text of `@mock.patch("app.mailer")`."""
    path = arguments[0] if arguments else None
    if isinstance(path, ast.Constant):
        return isinstance(path.value, str) and (not path.value or path.value.startswith("/"))
    return path is not None


def values_of(call: ast.Call, name: str) -> list[ast.expr]:
    return [keyword.value for keyword in call.keywords if keyword.arg == name]


def last(node: ast.AST | None) -> str:
    """The name at the end of `deps.get_store`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def parameters(function: Function) -> list[tuple[ast.arg, ast.expr | None]]:
    """Each parameter with its default; those that must be named come last."""
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    missing = [None] * (len(plain) - len(arguments.defaults))
    return [
        *zip(plain, [*missing, *arguments.defaults], strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
