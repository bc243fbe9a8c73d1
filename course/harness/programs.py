"""Finds programs that the checks of some lessons need on this machine."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

WINDOWS = sys.platform == "win32"
BROWSER = sys.platform == "emscripten"
# Where Debian has what administrators start, and Homebrew everything; then PostgreSQL's servers.
ELSEWHERE = (
    "usr/sbin",
    "usr/local/sbin",
    "opt/homebrew/bin",
    "usr/local/bin",
    "usr/lib/postgresql/*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/pgsql-*/bin",
)


def find_program(name: str) -> str | None:
    """The path of a program, None when it is not installed, or cannot be used on this system.

    Of several versions the newest one.
    """
    if WINDOWS:
        return None  # no signals there: nothing could be stopped gently
    places = [os.environ.get("PATH", os.defpath)]
    for pattern in ELSEWHERE:
        places += sorted(map(str, Path("/").glob(pattern)), key=_version, reverse=True)
    return shutil.which(name, path=os.pathsep.join(places))


def _version(place: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", place)]
