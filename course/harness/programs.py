"""Finds programs that the checks of some lessons need on this machine."""

from __future__ import annotations

import os
import shutil
import sys

WINDOWS = sys.platform == "win32"
# Where Debian has what administrators start, and Homebrew everything.
ELSEWHERE = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin", "/usr/local/bin")


def find_program(name: str) -> str | None:
    """The path of a program, None when it is not installed, or cannot be used on this system."""
    if WINDOWS:
        return None  # no signals there: nothing could be stopped gently
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *ELSEWHERE])
    return shutil.which(name, path=path)
