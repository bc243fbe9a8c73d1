"""What a .dockerignore keeps out of an image, by the rules that Docker reads it with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from course.harness.finding import Finding
from course.harness.frames import Place

NAME = ".dockerignore"


@dataclass(frozen=True)
class Rule:
    pattern: re.Pattern[str]
    keeps: bool
    """Whether it is an exception, with a `!`."""
    place: Place


@dataclass(frozen=True)
class Ignored:
    rules: list[Rule]

    def __contains__(self, path: str) -> bool:
        """Whether a file stays outside: the last rule that fits it, or a folder above, decides."""
        return (rule := self.deciding(path)) is not None and not rule.keeps

    def deciding(self, path: str) -> Rule | None:
        parts = path.split("/")
        paths = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        fits = [rule for rule in self.rules if any(rule.pattern.fullmatch(p) for p in paths)]
        return fits[-1] if fits else None


def read(folder: Path) -> Ignored:
    """Raises Finding when there is none."""
    path = folder / NAME
    if not path.is_file():
        raise Finding(
            f"There is no {NAME} beside the Dockerfile, so docker build takes everything: the "
            "secrets in .env, the whole history in .git, your virtual environment.",
            expected=f"a file {NAME}",
            actual="no such file",
        )
    return parse(path.read_text("utf-8", "replace"))


def parse(text: str) -> Ignored:
    rules = []
    for number, line in enumerate(text.splitlines(), 1):
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        keeps = pattern.startswith("!")
        cleaned = re.sub(r"/+", "/", pattern.removeprefix("!").strip()).strip("/")
        cleaned = cleaned.removeprefix("./")
        if cleaned not in ("", "."):
            rules.append(Rule(_compiled(cleaned), keeps, Place(NAME, number, line.strip())))
    return Ignored(rules)


def _compiled(pattern: str) -> re.Pattern[str]:
    """As Go's filepath.Match reads it, with `**` for any number of folders."""
    parts, at = [], 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            parts.append("(?:.*/)?")
            at += 3
        elif pattern.startswith("**", at):
            parts.append(".*")
            at += 2
        elif pattern[at] == "*":
            parts.append("[^/]*")
            at += 1
        elif pattern[at] == "?":
            parts.append("[^/]")
            at += 1
        elif pattern[at] == "[" and "]" in pattern[at:]:
            end = pattern.index("]", at)
            inside = pattern[at + 1 : end].replace("\\", "\\\\")
            parts.append(f"[{inside}]")
            at = end + 1
        else:
            parts.append(re.escape(pattern[at]))
            at += 1
    return re.compile("".join(parts))
