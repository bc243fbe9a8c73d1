"""Puts back what a learner's code has replaced in the modules that the checks rely on.

A patched `json.loads` or `len` would change what a check sees. The app may keep its patch only
while it runs.
"""

from __future__ import annotations

import asyncio
import builtins
import json
import json.decoder
import json.encoder
import random
import re
import time
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


class Guard:
    """Remembers the watched modules as they are now."""

    def __init__(self) -> None:
        self._kept: list[tuple[ModuleType, dict[str, Any]]] = [
            (module, dict(vars(module))) for module in WATCHED
        ]
        self.replaced: set[str] = set()

    def restore(self) -> None:
        """Undo every replacement, and remember its name in `replaced`."""
        for module, kept in self._kept:
            now = vars(module)
            for name, value in kept.items():
                if name not in now or now[name] is not value:
                    if name != "_":
                        self.replaced.add(f"{module.__name__}.{name}")
                    setattr(module, name, value)
