"""A Dockerfile as what it means: stages, and what the last one inherits."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course.deployment import shell
from course.harness.finding import Finding
from course.harness.frames import Place

NAME = "Dockerfile"
HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::?-([^}]*))?\})")


@dataclass(frozen=True)
class Instruction:
    """`RUN pip install …`: its word in capitals, what follows, and where it stands."""

    word: str
    value: str
    place: Place

    @property
    def words(self) -> list[str]:
        """The exec form, or the shell's words."""
        if (listed := self.listed) is not None:
            return listed
        return shell.words(self.value)

    @property
    def listed(self) -> list[str] | None:
        """The words of the exec form, None when it is no JSON list of texts."""
        text = re.sub(r"^(--\S+\s+)*", "", self.value) if self.word != "CMD" else self.value
        try:
            found = json.loads(text)
        except ValueError:
            return None
        texts = isinstance(found, list) and all(isinstance(word, str) for word in found)
        return found if texts else None


@dataclass
class Stage:
    """From one FROM to the next. `inherited` is what an earlier stage that it builds on has."""

    base: str
    name: str
    place: Place
    own: list[Instruction] = field(default_factory=list)
    inherited: list[Instruction] = field(default_factory=list)
    root: str = ""
    """The image below all of them."""

    @property
    def all(self) -> list[Instruction]:
        return [*self.inherited, *self.own]

    def last(self, word: str) -> Instruction | None:
        """The one that counts, of those of which only the last does."""
        return next((i for i in reversed(self.all) if i.word == word), None)

    def started_by(self, word: str) -> list[str]:
        """The words of CMD or ENTRYPOINT; a line for a shell comes after that shell."""
        instruction = self.last(word)
        if instruction is None:
            return []
        if instruction.listed is not None:
            return instruction.listed
        return ["/bin/sh", "-c", instruction.value]

    @property
    def environment(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for instruction in self.all:
            if instruction.word == "ENV":
                found |= assignments(instruction.value)
        return found

    @property
    def workdir(self) -> str:
        path = "/"
        for instruction in self.all:
            if instruction.word == "WORKDIR":
                value = instruction.value.strip().strip("\"'")
                path = value if value.startswith("/") else f"{path.rstrip('/')}/{value}"
        return path


@dataclass
class Dockerfile:
    stages: list[Stage]

    @property
    def image(self) -> Stage:
        """What the image is: the last stage."""
        return self.stages[-1]

    @property
    def used(self) -> list[Stage]:
        """The stages that the image is made of: what it is from, and what it copies from."""
        found, queue = [], [self.image]
        while queue:
            stage = queue.pop()
            if stage in found:
                continue
            found.append(stage)
            names = [stage.base, *(source for i in stage.own if (source := copied_from(i)))]
            queue += [other for name in names if (other := self.stage(name)) is not None]
        return [stage for stage in self.stages if stage in found]

    def stage(self, name: str) -> Stage | None:
        """The stage of this name or number."""
        for number, stage in enumerate(self.stages):
            if name and (stage.name.lower() == name.lower() or str(number) == name):
                return stage
        return None


def read(folder: Path) -> Dockerfile:
    """Raises Finding when there is none, or nothing in it."""
    path = folder / NAME
    if not path.is_file():
        raise Finding(
            f"There is no {NAME} beside main.py. docker build reads it, and makes the image of it.",
            expected=f"a file {NAME}",
            actual="no such file",
        )
    return parse(path.read_text("utf-8", "replace"))


def parse(text: str) -> Dockerfile:
    stages: list[Stage] = []
    arguments: dict[str, str] = {}
    for instruction in _instructions(text):
        if instruction.word == "FROM":
            stages.append(_stage(instruction, arguments, stages))
        elif not stages:
            if instruction.word == "ARG":
                arguments |= assignments(instruction.value)
        else:
            stages[-1].own.append(instruction)
    if not stages:
        raise Finding(
            f"{NAME} has no FROM, which names the image that yours begins with.",
            Place(NAME, 1, ""),
            "FROM python:3.14-slim, or another one with a version",
            "no FROM",
        )
    return Dockerfile(stages)


def _stage(instruction: Instruction, arguments: dict[str, str], before: list[Stage]) -> Stage:
    words = [word for word in instruction.value.split() if not word.startswith("--")]
    base = expand(words[0] if words else "", arguments)
    name = words[2] if len(words) > 2 and words[1].lower() == "as" else ""
    parent = next((stage for stage in before if stage.name.lower() == base.lower()), None)
    inherited = parent.all if parent and parent.name else []
    root = parent.root if parent and parent.name else base
    return Stage(base, name, instruction.place, inherited=list(inherited), root=root)


def _instructions(text: str) -> list[Instruction]:
    from dockerfile_parse import DockerfileParser  # type: ignore[import-untyped]

    kept, lines = _without_heredocs(text), text.splitlines()
    parser: Any = DockerfileParser(fileobj=io.BytesIO(kept.encode()))
    found = []
    for part in parser.structure:
        if part["instruction"] != "COMMENT":
            line = part["startline"]
            place = Place(NAME, line + 1, lines[line].strip())
            found.append(Instruction(part["instruction"].upper(), part["value"].strip(), place))
    return found


def _without_heredocs(text: str) -> str:
    """With each `RUN <<EOF … EOF` as one long command, as the parser does not know heredocs.

    Those of COPY and ADD, which hold a file, become comments. No line changes its number.
    """
    lines, until, runs = [], "", False
    for line in text.splitlines():
        found = HEREDOC.search(line)
        starts = re.match(r"\s*(RUN|COPY|ADD)\b", line, re.IGNORECASE)
        if until:
            ends = line.strip() == until
            until = "" if ends else until
            said = line.strip() and not line.lstrip().startswith("#")
            lines.append(
                "#" if not runs else "&& true" if ends else f"&& {line} \\" if said else "#"
            )
        elif found and starts:
            until, runs = found[2], starts[1].upper() == "RUN"
            lines.append(f"{line[: found.start()]}true \\" if runs else line)
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def assignments(value: str) -> dict[str, str]:
    """`A=1 B="2"`, or the old `A 1`; a name without a value has an empty one."""
    words = shell.words(value)
    if words and "=" not in words[0]:
        return {words[0]: " ".join(words[1:])}
    return {name: text for name, _, text in (word.partition("=") for word in words)}


def expand(text: str, values: dict[str, str]) -> str:
    """With the values of its variables."""
    return VARIABLE.sub(lambda m: values.get(m[1] or m[2], m[3] or ""), text)


def copied_from(instruction: Instruction) -> str:
    """The stage or image of `COPY --from=…`, "" without it."""
    found = re.search(r"--from=(\S+)", instruction.value) if instruction.word == "COPY" else None
    return found[1] if found else ""


def sources(instruction: Instruction) -> list[str]:
    """What COPY and ADD take from the folder that is built."""
    if instruction.word not in ("COPY", "ADD") or copied_from(instruction):
        return []
    return [word for word in instruction.words if not word.startswith("--")][:-1]
