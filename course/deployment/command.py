"""The command with which a container starts the server."""

from __future__ import annotations

import re
from dataclasses import dataclass

from course.deployment import shell

PROGRAMS = ("uvicorn", "fastapi")
WRAPPERS = ("tini", "dumb-init", "env", "uv", "run", "catatonit")
SHELLS = ("sh", "bash", "ash", "dash")
OWN = ("--host", "--port", "--uds", "--fd", "--forwarded-allow-ips", "--app-dir", "--workers")
"""Options whose values are about the container: one process each is enough to see how it behaves."""


@dataclass(frozen=True)
class Server:
    """`program` is uvicorn or fastapi; `arguments` are all the others, as it gets them."""

    program: str
    arguments: tuple[str, ...]

    def option(self, name: str) -> str | None:
        """The value of `--name value` or `--name=value`, of the last one."""
        found = None
        for number, word in enumerate(self.arguments):
            if word == name and number + 1 < len(self.arguments):
                found = self.arguments[number + 1]
            elif word.startswith(f"{name}="):
                found = word.partition("=")[2]
        return found

    def has(self, flag: str) -> bool:
        return flag in self.arguments

    @property
    def develops(self) -> bool:
        """Whether it runs in the way that is for development."""
        if self.program == "fastapi" and self.arguments[:1] == ("dev",):
            return True
        return self.has("--reload")

    def host(self, environment: dict[str, str]) -> str:
        default = "0.0.0.0" if self.program == "fastapi" else "127.0.0.1"
        if self.program == "fastapi" and self.arguments[:1] == ("dev",):
            default = "127.0.0.1"
        if self.program == "uvicorn":
            default = environment.get("UVICORN_HOST", default)
        return self.option("--host") or default

    def port(self, environment: dict[str, str]) -> str:
        name = "PORT" if self.program == "fastapi" else "UVICORN_PORT"
        return self.option("--port") or environment.get(name) or "8000"

    def trusts(self, environment: dict[str, str]) -> str:
        """From whom it takes X-Forwarded headers, as uvicorn reads it."""
        named = self.option("--forwarded-allow-ips")
        if named is None:
            named = environment.get("FORWARDED_ALLOW_IPS")
        return "127.0.0.1,::1" if named is None else named

    def waits(self, environment: dict[str, str]) -> int | None:
        """Seconds in which it answers what it has begun when it is stopped, None without an end."""
        text = self.option("--timeout-graceful-shutdown")
        if text is None and self.program == "uvicorn":
            text = environment.get("UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN")
        return int(text) if text and text.lstrip("-").isdigit() else None

    def at(self, host: str, port: int, trusted: str, workdir: str) -> list[str]:
        """Its words for a process on this machine: without what is about the container."""
        words, skip = [], False
        for word in self.arguments:
            if skip:
                skip = False
            elif word in OWN:
                skip = True
            elif not word.startswith(tuple(f"{name}=" for name in OWN)):
                words.append(_beside(word, workdir))
        own = ["--host", host, "--port", str(port), "--forwarded-allow-ips", trusted]
        if self.program == "fastapi" and (plain := _as_uvicorn(words)):
            words = plain
        else:
            words = [self.program, *words]
        return ["-m", *words, *own]


def _as_uvicorn(words: list[str]) -> list[str] | None:
    """What `fastapi run` would start, without the second that its own imports take.

    None when it is not sure that the two are the same.
    """
    command, *others = words or [""]
    paths = [word for word in others if not word.startswith("-")]
    options = [word for word in others if word.startswith("-")]
    known = all(
        word in ("--proxy-headers", "--no-proxy-headers", "--no-reload") for word in options
    )
    if command != "run" or paths not in ([], ["main.py"]) or not known:
        return None
    return ["uvicorn", "main:app", *(word for word in options if word != "--no-reload")]


def _beside(word: str, workdir: str) -> str:
    """A path of the container's as one of the folder that the image is made of."""
    if word.startswith(f"{workdir.rstrip('/')}/"):
        return word[len(workdir.rstrip("/")) + 1 :]
    return word.rpartition("/")[2] if word.startswith("/") and word.endswith(".py") else word


def server(words: list[str]) -> Server | None:
    """The server in a command, None when it starts another program, or none at all."""
    for number, word in enumerate(words):
        name = word.rpartition("/")[2]
        if name in PROGRAMS:
            return Server(name, tuple(words[number + 1 :]))
        if name.startswith("python") and words[number + 1 : number + 2] == ["-m"]:
            module = words[number + 2 : number + 3]
            if module and module[0] in PROGRAMS:
                return Server(module[0], tuple(words[number + 3 :]))
            return None
        sets = "=" in word and "env" in words[:number]
        if name not in WRAPPERS and not word.startswith("-") and not sets:
            return None
    return None


def through_shell(words: list[str]) -> str | None:
    """What a shell is given to read in `["sh", "-c", "…"]`, None without a shell."""
    if words and words[0].rpartition("/")[2] in SHELLS:
        flags = [number for number, word in enumerate(words) if re.fullmatch(r"-\w*c", word)]
        if flags and len(words) > flags[0] + 1:
            return words[flags[0] + 1]
    return None


def replaces_the_shell(script: str) -> list[str] | None:
    """The words of `exec uvicorn …`, which takes the place of the shell; None for all others."""
    found = shell.commands(script)
    return found[0][1:] if len(found) == 1 and found[0][0] == "exec" else None
