"""The health check of a container: what it runs, and whether it could."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from course.deployment import shell
from course.deployment.compose import Compose, Service
from course.deployment.dockerfile import Dockerfile
from course.harness.frames import Place
from course.harness.programs import find_program

SECONDS = 5.0  # for one run of it
ASKING = ("curl", "wget")


@dataclass(frozen=True)
class HealthCheck:
    """`words` is the command, or one line for a shell."""

    words: list[str] | str
    place: Place

    @property
    def text(self) -> str:
        return self.words if isinstance(self.words, str) else " ".join(self.words)

    @property
    def programs(self) -> list[list[str]]:
        """Each program that it calls, with its arguments."""
        return shell.commands(self.words) if isinstance(self.words, str) else [self.words]

    def asking(self, program: str) -> list[str] | None:
        """The call of curl or wget in it, None without one."""
        for words in self.programs:
            if words and words[0].rpartition("/")[2] == program:
                return words
        return None

    def run(self, port: int, other: int, cwd: Path, environment: Mapping[str, str]) -> int | None:
        """Its status, with the app on `other` instead of `port`.

        None when this machine lacks the program.
        """
        environment = {
            **environment,
            "PORT": str(other),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        if isinstance(self.words, str):
            for program in ASKING:
                if self.asking(program) and not find_program(program):
                    return None
            words = ["/bin/sh", "-c", _moved(self.words, port, other)]
        else:
            words = [_moved(word, port, other) for word in self.words]
            words = [_moved_script(word, port, other, cwd) for word in words]
            name = words[0].rpartition("/")[2]
            program = sys.executable if name.startswith("python") else find_program(name) or ""
            if not program:
                return None
            words[0] = program
        try:
            done = subprocess.run(
                words, env=environment, cwd=cwd, capture_output=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return 1  # as Docker has it
        return done.returncode


def _moved(text: str, port: int, other: int) -> str:
    """A command that asks another port; one that names none asks port 80."""
    if port == 80:
        text = re.sub(r"(https?://[\w.]+)(?![\w.:])", r"\1:80", text)
    return re.sub(rf"(?<![\w.-]){port}(?![\w.])", str(other), text)


def _moved_script(word: str, port: int, other: int, cwd: Path) -> str:
    """Of a word that names a script of the learner's: a copy beside it, which asks another port."""
    script = cwd / word.rpartition("/")[2]
    if script.suffix not in (".py", ".sh") or not script.is_file():
        return word
    copy = script.with_name(f"moved_{other}_{script.name}")
    copy.write_text(_moved(script.read_text("utf-8", "replace"), port, other), "utf-8")
    copy.chmod(script.stat().st_mode | 0o500)
    return str(copy)


def of(service: Service, compose: Compose, dockerfile: Dockerfile) -> HealthCheck | None:
    """The one that a container of a service has: compose's, else the image's."""
    if "healthcheck" in service.data and (service.data["healthcheck"] or {}).get("test"):
        place = compose.place("services", service.name, "healthcheck", "test")
        return None if service.test is None else HealthCheck(service.test, place)
    if (service.data.get("healthcheck") or {}).get("disable"):
        return None
    instruction = dockerfile.image.last("HEALTHCHECK")
    if instruction is None:
        return None
    found = re.search(r"(?:^|\s)CMD\s+(.*)$", instruction.value, re.DOTALL)
    if found is None:
        return None
    try:
        listed = json.loads(found[1])
    except ValueError:
        return HealthCheck(found[1].strip(), instruction.place)
    return HealthCheck([str(word) for word in listed], instruction.place)
