"""The examples of the lessons' pages run, and answer what the pages say they answer."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from course.catalogue import Exercise, exercises
from course.harness.client import running
from course.harness.load import load, unload

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What is another one in every run: times, and what is made at random.
CHANGING = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?|[0-9a-f]{8}-[0-9a-f-]{27}")
SERVERS_OWN = ("date:", "server:", "HTTP/1.1")


@dataclass
class Example:
    """An app of a page, with the commands and outputs that follow it."""

    exercise: Exercise
    line: int
    source: str
    asked: list[tuple[str, str]] = field(default_factory=list)
    reference: bool = False
    """Whether it is the solution, whose other files it then needs."""

    def __str__(self) -> str:
        return f"{self.exercise.page.name}:{self.line}"


def examples() -> Iterator[Example]:
    for exercise in exercises():
        example = None
        text = exercise.page.read_text("utf-8")
        task = re.search(r"^## The task", text, re.MULTILINE)
        for block in BLOCK.finditer(text):
            language, body = block.groups()
            if task and block.start() > task.start():
                # From here on, what answers is the reference.
                source = (exercise.solution / "main.py").read_text("utf-8")
                line = text[: block.start()].count("\n") + 2
                example, task = Example(exercise, line, source, reference=True), None
                yield example
            if language == "python":
                example = Example(exercise, text[: block.start()].count("\n") + 2, body)
                yield example
            elif language == "console" and example:
                example.asked += commands(body)


def commands(body: str) -> Iterator[tuple[str, str]]:
    """Each `$ command` with the output below it."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output.rstrip("\n")


ALL = list(examples())
APPS = [example for example in ALL if "FastAPI(" in example.source]


@pytest.mark.parametrize("example", ALL, ids=str)
def test_each_block_of_python_is_python(example):
    compile(example.source, str(example), "exec")


@pytest.mark.parametrize("example", APPS, ids=str)
def test_each_app_answers_as_its_page_says(example, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "only-for-trying-things-out-at-home")
    exercise = example.exercise
    shutil.copytree(exercise.folder, tmp_path, dirs_exist_ok=True)
    if example.reference:
        shutil.copytree(exercise.solution, tmp_path, dirs_exist_ok=True)
    (tmp_path / "main.py").write_text(example.source, "utf-8")
    try:
        with running(load(tmp_path, "page").app) as api:
            for command, output in example.asked:
                if command.startswith("curl"):
                    compare(answer(api, command), output, command)
    finally:
        unload(tmp_path, "page")


def answer(api: httpx.Client, command: str) -> str:
    """What curl prints."""
    curl, _, pipe = command.partition(" | ")
    words = iter(shlex.split(curl)[1:])
    method, url, headers, body, end, shows_headers = None, "", {}, None, "", False
    for word in words:
        match word:
            case "-X":
                method = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case "-d" | "--json":
                body = next(words)
                if word == "--json":
                    headers["content-type"] = "application/json"
            case "-w":
                end = next(words)
            case "-i":
                shows_headers = True
            case "-s":
                pass
            case _:
                url = word
    method = method or ("GET" if body is None else "POST")
    response = api.request(method, url, headers=headers, content=body, follow_redirects=False)
    text = response.text
    if pipe:
        text = json.dumps(response.json(), indent=4, ensure_ascii=False)
    if shows_headers:
        head = "".join(f"{name}: {value}\n" for name, value in response.headers.items())
        text = f"{head}\n{text}"
    return (text + end.replace("%{http_code}", str(response.status_code))).replace("\\n", "")


def compare(said: str, shown: str, command: str) -> None:
    if " -i " in command:
        lines = [line for line in shown.splitlines() if not line.startswith(SERVERS_OWN)]
        assert [line for line in lines if line not in said.splitlines()] == []
        return
    assert CHANGING.sub("…", said) == CHANGING.sub("…", shown.rstrip()), command


def test_there_are_examples_to_test():
    for exercise in exercises():
        asked = [command for e in APPS if e.exercise == exercise for command in e.asked]
        assert len(asked) >= (1 if exercise.kind == "drill" else 5), exercise.slug


def test_the_pages_link_only_to_what_is_there():
    root = exercises()[0].root
    for page in [*root.glob("*.md"), *root.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", page.read_text("utf-8")):
            assert (page.parent / Path(target)).exists(), f"{page.name}: {target}"
