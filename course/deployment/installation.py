"""What the RUN lines of a Dockerfile install, and what stood in the image before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatch

from course.deployment import shell
from course.deployment.dockerfile import Dockerfile, Instruction, Stage, sources

LISTS = (
    "requirements*.txt",
    "constraints*.txt",
    "pyproject.toml",
    "*.lock",
    ".python-version",
)
"""Files that say what is installed: they may stand before the installation, the code may not."""

TOOLS = ("pip", "uv", "setuptools", "wheel")
VALUED = frozenset(
    "-c -i -t -p --constraint --index-url --extra-index-url --target --prefix --python --root "
    "--cache-dir --timeout --retries".split()
)
"""Options of pip and uv that are followed by a value."""


@dataclass(frozen=True)
class Installation:
    """One `pip install …` or the like. `loose` are packages without a version."""

    instruction: Instruction
    words: tuple[str, ...]
    loose: tuple[str, ...] = ()

    @property
    def locked(self) -> bool:
        """Whether a list, or a lock, says which versions."""
        return not self.loose


def installations(stage: Stage) -> list[Installation]:
    """What a stage installs of Python packages, without tools that install others."""
    found = []
    for instruction in stage.own:
        if instruction.word == "RUN":
            found += [i for words in commands(instruction) if (i := _read(instruction, words))]
    return found


def code_before(stage: Stage, installation: Installation) -> Instruction | None:
    """The COPY or ADD that brings code into a stage before it installs."""
    at = stage.own.index(installation.instruction)
    for instruction in stage.own[:at]:
        for source in sources(instruction):
            if not any(fnmatch(source.rpartition("/")[2], name) for name in LISTS):
                return instruction
    return None


def brings(dockerfile: Dockerfile, file: str) -> bool:
    """Whether a file of the folder gets into the image."""
    return any(
        fnmatch(file, source.removeprefix("./") or ".") or source in (".", "./", "/", "*")
        for stage in dockerfile.used
        for instruction in stage.own
        for source in sources(instruction)
    )


def has_program(stage: Stage, name: str) -> bool:
    """Whether a program is in the image: brought by its base, or installed."""
    base = stage.root.lower()
    for instruction in stage.all:
        for words in commands(instruction) if instruction.word == "RUN" else ():
            if name in words and {"install", "add"} & set(words):
                return True
    if "alpine" in base:
        return name == "wget"  # of busybox
    return "slim" not in base and "distroless" not in base


def commands(instruction: Instruction) -> list[list[str]]:
    """The commands of a RUN, one after the other, as words."""
    if (listed := instruction.listed) is not None:
        return [listed]
    return shell.commands(re.sub(r"^(--\S+\s+)*", "", instruction.value))


def _read(instruction: Instruction, words: list[str]) -> Installation | None:
    names = [word.rpartition("/")[2] for word in words]
    if names[:2] == ["uv", "sync"]:
        return Installation(instruction, tuple(words))
    if names[0] in ("poetry", "pdm", "pipenv") and {"install", "sync"} & set(names):
        return Installation(instruction, tuple(words))
    pip = next((n for n, name in enumerate(names) if re.fullmatch(r"pip[\d.]*", name)), None)
    if pip is not None and "sync" in names[pip:]:
        return Installation(instruction, tuple(words))
    if pip is None or "install" not in names[pip:]:
        return None
    rest = words[names.index("install", pip) + 1 :]
    packages, listed, skip = [], False, False
    for word in rest:
        if skip:
            skip = False
        elif word in ("-r", "--requirement", "--requirements"):
            listed = skip = True
        elif word.startswith(("-r", "--requirement")):
            listed = True
        elif word in VALUED:
            skip = True
        elif not word.startswith("-"):
            packages.append(word)
    own = [p for p in packages if re.split(r"[\[=<>~!]", p)[0].lower() not in TOOLS]
    if not listed and not own:
        return None
    loose = tuple(p for p in own if "==" not in p and not p.startswith((".", "/")))
    return Installation(instruction, tuple(words), loose)
