"""Puts back what a learner's code has replaced in the modules that the checks rely on.

A patched `json.loads` or `len` would change what a check sees. The app may keep its patch only
while it runs. It is a fence, not a wall: whoever shares a process can climb over it.
"""

from __future__ import annotations

import asyncio
import builtins
import gc
import json
import json.decoder
import json.encoder
import random
import re
import sys
import time

# Our own names for what we use: these, too, could be replaced in `builtins`.
from builtins import all, callable, delattr, isinstance, len, list, map, setattr, vars  # noqa: UP029
from operator import is_
from types import ModuleType
from typing import Any

import httpx

WATCHED: tuple[ModuleType, ...] = (
    builtins,
    json,
    json.decoder,
    json.encoder,
    time,
    random,
    re,
    httpx,
    asyncio,
)
PACKAGES = ("course", "httpx", "json")
MODULES = ("pytest", "_pytest.outcomes", "_pytest.python", "_pytest.runner")
"""Of these, every function, and the methods of every class."""
KEPT = (*PACKAGES, "pytest", "_pytest", "pluggy")
"""Of these, every module stays under its name."""

METHODS = (classmethod, property, staticmethod)
_missing = object()


class Guard:
    """Remembers the watched modules, and how the interpreter is set, as they are now."""

    def __init__(self) -> None:
        self.replaced: set[str] = set()
        self._modules = {
            name: module
            for name, module in sys.modules.items()
            if name.partition(".")[0] in KEPT or module in WATCHED
        }
        watched = [
            module
            for name, module in self._modules.items()
            if name.partition(".")[0] in PACKAGES or name in MODULES or module in WATCHED
        ]
        self._seen = [_Seen(owner) for owner in _owners(watched)]
        self._settings = (sys.gettrace(), sys.getprofile(), sys.getrecursionlimit())
        self._callbacks = list(gc.callbacks)
        self._often = [seen for seen in self._seen if seen.owner in WATCHED]
        # On the object, so that a replaced method of the class is not the one that is called.
        self.restore, self.restore_watched = self._restore, self._restore_watched

    def _restore_watched(self) -> None:
        """Undo what is replaced in WATCHED: cheap enough for after every request."""
        self._put_back(self._often)

    def _restore(self) -> None:
        """Undo every replacement, and remember its name in `replaced`."""
        trace, profile, limit = self._settings
        if sys.gettrace() is not trace:
            sys.settrace(trace)
        if sys.getprofile() is not profile:
            sys.setprofile(profile)
        if sys.getrecursionlimit() != limit:
            sys.setrecursionlimit(limit)
        if gc.callbacks != self._callbacks:
            gc.callbacks[:] = self._callbacks
        self._put_back(self._seen)
        for name, module in self._modules.items():
            if sys.modules.get(name) is not module:
                sys.modules[name] = module
                self.replaced.add(name)

    def _put_back(self, places: list[_Seen]) -> None:
        for seen in places:
            if seen.changed():
                self.replaced.update(seen.put_back())


class _Seen:
    """The functions of a module or a class; of the modules in WATCHED, everything."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner
        self._whole = owner in WATCHED
        package = getattr(owner, "__module__", owner.__name__).partition(".")[0]
        self._closed = package == "course" or (package == "httpx" and isinstance(owner, type))
        self._all = list(vars(owner).values())
        self._kept = {name: value for name, value in vars(owner).items() if self._counts(value)}

    def changed(self) -> bool:
        """Quick: it is asked after every request, of hundreds of owners."""
        now = vars(self.owner).values()
        return len(now) != len(self._all) or not all(map(is_, now, self._all))

    def put_back(self) -> list[str]:
        owner, found = self.owner, []
        for name, value in self._kept.items():
            if vars(owner).get(name, _missing) is not value:
                setattr(owner, name, value)
                found.append(name)
        # A new function hides one of a base class, or of builtins. (pytest adds some itself.)
        for name, value in list(vars(owner).items()) if self._closed else ():
            if name not in self._kept and self._counts(value):
                delattr(owner, name)
                found.append(name)
        self._all = list(vars(owner).values())
        return [f"{owner.__name__}.{name}" for name in found if name != "_"]

    def _counts(self, value: object) -> bool:
        if self._whole or isinstance(value, METHODS):
            return True
        # Of a module, what is defined in it: pytest itself keeps changing variables of its own.
        foreign = isinstance(self.owner, ModuleType) and (
            getattr(value, "__module__", None) != self.owner.__name__
        )
        return callable(value) and not foreign


def _owners(modules: list[ModuleType]) -> list[Any]:
    """The modules, and the classes that are defined in them."""
    names = {module.__name__ for module in modules}
    classes = {
        value
        for module in modules
        for value in list(vars(module).values())
        if isinstance(value, type) and value.__module__ in names
    }
    return [*modules, *classes]
