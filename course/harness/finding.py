"""What a check found that is not one answer of the app: a line in a file, a process that ended."""

from __future__ import annotations

from dataclasses import dataclass

from course.harness.frames import Place


@dataclass
class Finding(Exception):
    """Raised by a check instead of an assert: it knows the line, in whatever file, by itself."""

    message: str
    place: Place | None = None
    expected: str = ""
    actual: str = ""
    kind: str = "wrong-file"


def wrong(
    message: str,
    expected: object,
    actual: object,
    place: Place | None = None,
    kind: str = "wrong-file",
) -> Finding:
    """A Finding of what a program did, for which often no line is to blame."""
    return Finding(message, place, str(expected), str(actual), kind)
