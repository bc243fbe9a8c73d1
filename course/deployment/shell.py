"""A line for a shell as the commands that it has. Nothing is run."""

from __future__ import annotations

import re
import shlex

ENDS = ";|&\n"
REDIRECTS = "<>"
ASSIGNMENT = re.compile(r"\w+=.*", re.DOTALL)


def words(line: str) -> list[str]:
    """As a shell splits them, and at the spaces alone when a quote is never closed."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def commands(line: str) -> list[list[str]]:
    """The words of each command, without `A=1` in front and `2>&1` behind."""
    found: list[list[str]] = [[]]
    skip = False
    for token in _tokens(line):
        if skip:
            skip = False
        elif set(token) <= set(ENDS):
            found.append([])
        elif set(token) <= set(ENDS + REDIRECTS):
            skip = True
        elif found[-1] or not ASSIGNMENT.fullmatch(token):
            found[-1].append(token)
    return [command for command in found if command]


def _tokens(line: str) -> list[str]:
    line = re.sub(r"(?<=\s)\d+(?=[<>])", "", line)  # the 2 of 2>&1 is no word
    lexer = shlex.shlex(line, posix=True, punctuation_chars=ENDS + REDIRECTS)
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    try:
        return list(lexer)
    except ValueError:
        return line.split()
