"""The files beside main.py: found under their plain name, before any library of that name."""

from __future__ import annotations

import functools
import importlib
import importlib.abc
import importlib.machinery
import os
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Beside(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules beside main.py, under their plain name and inside the package."""

    def __init__(self, folder: Path, package: str) -> None:
        self.folder, self.package = folder, package

    def find_spec(
        self, fullname: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.startswith(self.package + "."):
            return self._source(fullname)
        head = _head(fullname)
        here = (self.folder / f"{head}.py").is_file() or (self.folder / head).is_dir()
        if not here or not self._source(f"{self.package}.{fullname}"):
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def _source(self, fullname: str) -> importlib.machinery.ModuleSpec | None:
        parts = fullname.split(".")[1:]
        spec = importlib.machinery.PathFinder.find_spec(
            fullname, [str(self.folder.joinpath(*parts[:-1]))]
        )
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            # A cached .pyc is trusted by the second, and two saves can share one.
            spec.loader = _Fresh(spec.loader.name, spec.loader.path)
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = importlib.import_module(f"{self.package}.{spec.name}")
        self._specs = {**getattr(self, "_specs", {}), spec.name: module.__spec__}
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        # The import system has just put the alias's spec on the module: take it off again.
        for spec in self._specs.values():
            if spec is not None and spec.name == module.__name__:
                module.__spec__ = spec


class _Fresh(importlib.machinery.SourceFileLoader):
    """Reads the source every time and writes no bytecode."""

    def get_code(self, fullname: str) -> types.CodeType:
        path = self.get_filename(fullname)
        return _compile(self.get_data(path), Path(path))


@functools.lru_cache(maxsize=32)  # each check imports the same files again
def _compile(source: bytes, path: Path) -> types.CodeType:
    return compile(source, str(path), "exec", dont_inherit=True)


@contextmanager
def libraries_hidden(folder: Path) -> Iterator[None]:
    """Let files beside main.py win against libraries of the same name, as they do with uvicorn.

    Here the libraries are imported already, and Python would not look any further.
    """
    beside = called_like_a_library(folder)
    hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if _head(name) in beside}
    try:
        yield
    finally:
        sys.modules.update(hidden)


def called_like_a_library(folder: Path) -> set[str]:
    """What is imported here and would not be found at all without an installed package."""
    files = [*folder.glob("*.py"), *(file.parent for file in folder.glob("*/__init__.py"))]
    names = {file.stem for file in files} & (sys.modules.keys() - sys.stdlib_module_names)
    own = f"{folder}{os.sep}"
    return {
        name
        for name in names
        if not str(getattr(sys.modules[name], "__file__", None)).startswith(own)
    }


def _head(name: str) -> str:
    return name.partition(".")[0]
