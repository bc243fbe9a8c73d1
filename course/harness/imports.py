"""Finds imports that nobody uses, and says nothing where somebody might."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from course.harness import words
from course.harness.remark import remark
from course.harness.report import Advice
from course.harness.source import Import, Source, last, parse


def unused_imports(source: Source, sources: list[Source]) -> Iterator[Advice]:
    used = {name.id for name in source.all(ast.Name) if not isinstance(name.ctx, ast.Store)}
    unused = [i for i in source.imports if i.name not in used and not _is_for_others(i, source)]
    if not unused:
        return
    quoted = _quoted_names(source)
    unused = [i for i in unused if i.name not in quoted and not _is_taken(i, source, sources)]
    for node in dict.fromkeys(imported.node for imported in unused):
        names = [imported for imported in unused if imported.node is node]
        if _may_have_an_effect(node, names, sources):
            continue
        what = words.all_of(i.alias.asname or i.alias.name for i in names)
        are, them = ("are", "them") if names[1:] else ("is", "it")
        yield remark(
            source,
            "unused-import",
            names[0].alias,
            f"{what} {are} imported and never used. Delete {them}, so that the imports show what "
            "the file needs.",
        )


def _is_for_others(imported: Import, source: Source) -> bool:
    """Imported on purpose: for those who import this file, as one of two, or with a `noqa`."""
    node, alias = imported.node, imported.alias
    lines = source.lines[node.lineno - 1 : node.end_lineno]
    return (
        source.file.endswith("__init__.py")
        or imported.module == "__future__"
        or alias.name in ("*", alias.asname)
        or imported.name not in source.meanings
        or any("noqa" in line.lower() for line in lines)
        or any(node in block.body for block in source.all(ast.Try))
        or any(node in handler.body for handler in source.all(ast.ExceptHandler))
    )


def _may_have_an_effect(
    node: ast.Import | ast.ImportFrom, unused: list[Import], sources: list[Source]
) -> bool:
    """Importing a module of one's own, as one with tables, may be all that is wanted of it."""
    own = {part for s in sources for part in s.file.removesuffix(".py").split("/")}
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] in own for alias in node.names)
    local = node.level > 0 or (node.module or "").partition(".")[0] in own
    return local and (len(unused) == len(node.names) or any(i.alias.name in own for i in unused))


def _is_taken(imported: Import, source: Source, sources: list[Source]) -> bool:
    """Does another file get the name from this one?"""
    here = source.file.removesuffix(".py").rpartition("/")[2]
    for other in sources:
        if other is source:
            continue
        if other.tree is None and imported.name in other.text:
            return True
        for taken in other.imports:
            if taken.module.rpartition(".")[2] == here and taken.alias.name in (imported.name, "*"):
                return True
        for node in other.all(ast.Attribute):
            module = other.meaning(node.value) or last(node.value)
            if node.attr == imported.name and module.rpartition(".")[2] == here:
                return True
    return False


def _quoted_names(source: Source) -> set[str]:
    """Names in strings that Python or a library reads: quoted types, `__all__`, type comments."""
    around: list[ast.AST] = [node.slice for node in source.all(ast.Subscript)]
    around += [node.annotation for node in source.all(ast.AnnAssign)]
    aliases = [a for a in source.all(ast.AnnAssign) if last(a.annotation) == "TypeAlias"]
    around += [alias.value for alias in aliases if alias.value]
    around += [node.annotation for node in source.all(ast.arg) if node.annotation]
    around += [function.returns for function in source.functions if function.returns]
    around += [
        statement
        for statement in (source.tree.body if source.tree else [])
        if any(isinstance(n, ast.Name) and n.id == "__all__" for n in ast.walk(statement))
    ]
    found = [node for part in around for node in ast.walk(part)]
    for call in source.all(ast.Call):  # as in cast("Product", row)
        found += [*call.args, *(keyword.value for keyword in call.keywords)]
    texts = [node.value for node in found if isinstance(node, ast.Constant)]
    texts += re.findall(r"# *type: *(.+)", source.text)
    return {name for text in texts if isinstance(text, str) for name in _names(text)}


def _names(text: str) -> set[str]:
    """The names in `list["Product"]`; none in a sentence."""
    tree = parse(text.strip())
    found = list(ast.walk(tree)) if tree else []
    names = {node.id for node in found if isinstance(node, ast.Name)}
    for node in found:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            names |= _names(node.value)
    return names
