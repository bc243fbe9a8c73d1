"""Reads the curl commands of the pages, as far as the pages go."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field

FORM = "application/x-www-form-urlencoded"


@dataclass
class Curl:
    """One command. `end` is what it prints after the body, `shows_headers` whether it has -i."""

    method: str = ""
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    end: str = ""
    shows_headers: bool = False


def read(command: str) -> Curl:
    words = iter(shlex.split(command)[1:])
    curl = Curl()
    for word in words:
        match word:
            case "-X":
                curl.method = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                curl.headers[name.lower()] = value
            case "-d" | "--json":
                curl.body = next(words)
                if word == "--json":
                    curl.headers["content-type"] = "application/json"
            case "-w":
                curl.end = next(words)
            case "-i":
                curl.shows_headers = True
            case "-s" | "-N":
                pass
            case _ if word.startswith("-"):
                raise ValueError(f"What does {word} mean in {command}?")
            case _:
                curl.url = word
    if curl.body is not None:
        curl.headers.setdefault("content-type", FORM)
    curl.method = curl.method or ("GET" if curl.body is None else "POST")
    return curl
