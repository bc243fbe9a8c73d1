"""Opens a file of the learner's in the editor that they use."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

AT_LINE = "vi vim nvim nano emacs emacsclient micro kak joe".split()  # understand +12 FILE
CODE = "code code-insiders codium cursor windsurf".split()  # understand -g FILE:12


def command(file: Path, line: int | None, environment: Mapping[str, str]) -> list[str] | None:
    """The command that opens `file` at `line`, None when no editor is known.

    In a terminal of VS Code that is VS Code; else what VISUAL or EDITOR say; else VS Code where
    it is installed.
    """
    code = shutil.which("code", path=environment.get("PATH"))
    named = environment.get("VISUAL") or environment.get("EDITOR")
    if code and (environment.get("TERM_PROGRAM") == "vscode" or not named):
        return [code, "-g", f"{file}:{line or 1}"]
    if not named:
        return None
    words = shlex.split(named, posix=os.name != "nt")
    program = Path(words[0]).stem
    if program in CODE:
        # With --wait, there would be no checks until the file is closed.
        words = [word for word in words if word not in ("-w", "--wait")]
        return [*words, "-g", f"{file}:{line or 1}"]
    if program in AT_LINE and line:
        return [*words, f"+{line}", str(file)]
    return [*words, str(file)]
