"""The examples of the pages run, and answer what the pages say they answer.

On every page a block of Python is compiled. One that makes an `app` is started, and gets the curl
commands of the ```console blocks below it. Outside the lessons, any other block of Python runs
too, its `test_` functions included, and prints what a ```text block right below it shows.

A block with a title, ```python title="app/main.py", is a file of that name: it lies beside all
examples of its page. A block whose first line begins with "# Written for" needs what the course
does not install, and is only compiled.

With RECORD=write (`make record`), the pages get what the apps answer now.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import yaml
from conftest import missing
from curl import read
from fastapi.testclient import TestClient

from course import postgres
from course.catalogue import ROOT, Exercise, exercises
from course.harness.client import BASE_URL, running
from course.harness.programs import find_program
from course.pyodide import NODE

BLOCK = re.compile(r"^( *)```(\w+)(?: ([^\n]*))?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r'title="([^"]+)"')
APP = re.compile(r"FastAPI\(|^(async )?def app\(", re.MULTILINE)
ELSEWHERE = "# Written for "
# What is another one in every run: times, and what is made at random.
CHANGING = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?|[0-9a-f]{8}-[0-9a-f-]{27}")
MEASURED = re.compile(r"\d+\.\d+ (s|ms|µs)\b")
SERVERS_OWN = ("date:", "server:", "HTTP/1.1")


@dataclass
class Example:
    """A block of Python of a page, with the commands and outputs that follow it."""

    page: Path
    line: int
    source: str
    name: str = "main.py"
    exercise: Exercise | None = None
    files: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    prints: str | None = None
    reference: bool = False
    """Whether it is the solution, whose other files it then needs."""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT / 'docs')}:{self.line}"

    @property
    def runs(self) -> bool:
        return not self.source.startswith(ELSEWHERE)

    @property
    def is_app(self) -> bool:
        return self.runs and bool(APP.search(self.source))

    @property
    def is_script(self) -> bool:
        """Whether it is to run from top to bottom, also when an app is made in it."""
        return self.runs and self.exercise is None and (not self.is_app or bool(self.prints))

    def lay_out(self, folder: Path) -> None:
        if self.exercise:
            shutil.copytree(self.exercise.folder, folder, dirs_exist_ok=True)
        if self.exercise and self.reference:
            shutil.copytree(self.exercise.solution, folder, dirs_exist_ok=True)
        for name, text in {**self.files, self.name: self.source}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")


def pages() -> list[Path]:
    return sorted(ROOT.glob("docs/**/*.md"))


def examples(page: Path, exercise: Exercise | None) -> Iterator[Example]:
    example, files = None, {}
    text = page.read_text("utf-8")
    task = re.search(r"^## The task", text, re.MULTILINE) if exercise else None
    below = 0
    for block in BLOCK.finditer(text):
        _, language, info, body = block.groups()
        body, line = textwrap.dedent(body), text[: block.start()].count("\n") + 2
        title = TITLE.search(info or "")
        if task and block.start() > task.start():
            # From here on, what answers is the reference.
            source = (exercise.solution / "main.py").read_text("utf-8")
            example = Example(page, line, source, exercise=exercise, reference=True)
            task = None
            yield example
        if title:
            files[title[1]] = body
        if language == "python":
            name = title[1] if title else "main.py"
            example = Example(page, line, body, name, exercise, files)
            yield example
        elif language == "console" and example:
            example.asked += commands(body)
        elif language == "text" and example and below and block.start() - below < 200:
            example.prints = body
        below = block.end() if language == "python" else 0


def commands(body: str) -> Iterator[tuple[str, str]]:
    """Each `$ command` with the output below it."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output.rstrip("\n")


LESSONS = {exercise.page: exercise for exercise in exercises()}
ALL = [example for page in pages() for example in examples(page, LESSONS.get(page))]
APPS = [example for example in ALL if example.is_app]
SCRIPTS = [example for example in ALL if example.is_script]


@pytest.mark.parametrize("example", ALL, ids=str)
def test_each_block_of_python_is_python(example):
    compile(example.source, str(example), "exec")


def test_what_could_run_is_run():
    for example in ALL:
        if not example.runs:
            assert re.match(r"# Written for .*\d\.\d", example.source), example
            imported = re.findall(r"^(?:from|import) (\w+)", example.source, re.MULTILINE)
            assert [name for name in imported if find_spec(name) is None], example


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where an example lies and runs; afterwards its modules and variables are forgotten."""
    environment = dict(os.environ)
    os.environ["SECRET_KEY"] = "only-for-trying-things-out-at-home"
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    os.environ.clear()
    os.environ.update(environment)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("example", APPS, ids=str)
def test_each_app_answers_as_its_page_says(example, folder):
    example.lay_out(folder)
    module = importlib.import_module(example.name.removesuffix(".py").replace("/", "."))
    with client(module.app, example) as api:
        for command, output in example.asked:
            if command.startswith("curl"):
                said = answer(api, command)
                if os.environ.get("RECORD") == "write":
                    record(example.page, command, output, said)
                else:
                    compare(said, output, command)
    run_tests(vars(module))


FILE = "sqlite+aiosqlite:///bakery.db"


@pytest.mark.skipif(
    os.environ.get("CI") != "true" and not find_program("initdb"), reason="no server"
)
@pytest.mark.parametrize(
    "example", [example for example in APPS if FILE in example.source], ids=str
)
def test_only_the_address_changes_for_postgresql(example, folder, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with postgres.server() as address:
        driver = address.replace("postgresql://", "postgresql+asyncpg://")
        changed = replace(example, source=example.source.replace(FILE, driver))
        changed.lay_out(folder)
        with running(importlib.import_module("main").app) as api:
            for command, output in changed.asked:
                if command.startswith("curl"):
                    compare(answer(api, command).replace("postgresql", "sqlite"), output, command)


def client(app: Any, example: Example) -> AbstractContextManager[Any]:
    if "def app(environ" in example.source:
        return httpx.Client(transport=httpx.WSGITransport(app), base_url=BASE_URL)
    if "def app(scope" in example.source:
        return nullcontext(TestClient(app, base_url=BASE_URL))  # it knows of no lifespan
    return running(app)


@pytest.mark.parametrize("example", SCRIPTS, ids=str)
def test_each_script_prints_what_its_page_says(example, folder, capsys):
    example.lay_out(folder)
    run_tests(runpy.run_path(str(folder / example.name), run_name="__main__"))
    if example.prints is not None:
        said, shown = (MEASURED.sub("…", t) for t in (capsys.readouterr().out, example.prints))
        assert CHANGING.sub("…", said) == CHANGING.sub("…", shown)


def run_tests(names: dict[str, Any]) -> None:
    for name, test in names.items():
        if name.startswith("test_"):
            test()


def answer(api: httpx.Client, command: str) -> str:
    """What curl prints."""
    first, _, pipe = command.partition(" | ")
    curl = read(first)
    response = api.request(
        curl.method, curl.url, headers=curl.headers, content=curl.body, follow_redirects=False
    )
    text = response.text
    if pipe:
        text = json.dumps(response.json(), indent=4, ensure_ascii=False)
    if curl.shows_headers:
        head = "".join(f"{name}: {value}\n" for name, value in response.headers.items())
        text = f"{head}\n{text}"
    return (text + curl.end.replace("%{http_code}", str(response.status_code))).replace("\\n", "")


IN_THE_BROWSER = """
import { parsed } from "./playground/src/curl.ts";
import { readFileSync } from "node:fs";
const commands = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(commands.map(parsed)));
"""


def test_the_browser_reads_each_command_of_a_page_in_the_same_way():
    """There the commands below an example become buttons."""
    if not NODE.exists():
        missing("Node, which `make browser` provides,")
    found = {command for example in ALL for command, _ in example.asked}
    every = sorted(command for command in found if command.startswith("curl"))
    assert len(every) > 100
    script = [NODE, "--input-type=module", "--eval", IN_THE_BROWSER]
    done = subprocess.run(
        script, input=json.dumps(every), capture_output=True, text=True, cwd=ROOT, check=True
    )
    for command, sent in zip(every, json.loads(done.stdout), strict=True):
        curl = read(command.partition(" | ")[0])
        host, _, path = curl.url.removeprefix("http://").partition("/")
        assert host == "127.0.0.1:8000", command
        assert (sent["method"], sent["body"]) == (curl.method, curl.body), command
        assert {name.lower(): text for name, text in sent["headers"]} == curl.headers, command
        assert unquote(sent["url"]) == unquote(f"/{path}"), command


def record(page: Path, command: str, shown: str, said: str) -> None:
    """Write into a page what an app says now, unless that is the same but for times."""
    with suppress(AssertionError):
        compare(said, shown, command)
        return
    before = f"$ {command}\n{shown}"
    text = page.read_text("utf-8")
    assert before in text, f"{page.name} has to be changed by hand: {command}"
    said = said.rstrip("\n")
    page.write_text(text.replace(before, f"$ {command}\n{said}", 1), "utf-8")


def test_what_an_app_says_now_is_written_into_the_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```console\n$ curl /a\n1\n$ curl /b\n2026-01-01T00:00:00Z\n```\n", "utf-8")
    record(page, "curl /a", "1", "2\n")
    record(page, "curl /b", "2026-01-01T00:00:00Z", "2026-11-22T16:00:00Z")
    assert page.read_text("utf-8") == (
        "```console\n$ curl /a\n2\n$ curl /b\n2026-01-01T00:00:00Z\n```\n"
    )


def compare(said: str, shown: str, command: str) -> None:
    if " -i " in command:
        lines = [line for line in shown.splitlines() if not line.startswith(SERVERS_OWN)]
        assert [line for line in lines if line not in said.splitlines()] == []
        return
    # A block of a page has no empty lines at its end.
    assert CHANGING.sub("…", said.rstrip("\n")) == CHANGING.sub("…", shown.rstrip()), command


def test_there_are_examples_to_test():
    for exercise in exercises():
        asked = [command for e in APPS if e.exercise == exercise for command in e.asked]
        assert len(asked) >= (1 if exercise.kind == "drill" else 5), exercise.slug
    assert len([e for e in APPS if e.page.parent.name == "fastapi" and e.asked]) >= 10
    assert len([e for e in APPS if e.page.name == "cheatsheets.md" and e.asked]) >= 10
    assert len(SCRIPTS) >= 5


def test_the_pages_link_only_to_what_is_there():
    root = exercises()[0].root
    for page in [*root.glob("*.md"), *root.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", page.read_text("utf-8")):
            assert (page.parent / Path(target)).exists(), f"{page.name}: {target}"


def blocks(*languages: str) -> list[tuple[str, str]]:
    """All blocks in one of these languages, with the page that they are from."""
    return [
        (str(page.relative_to(ROOT)), textwrap.dedent(block[4]))
        for page in pages()
        for block in BLOCK.finditer(page.read_text("utf-8"))
        if block[2] in languages
    ]


def test_each_block_of_data_can_be_read():
    for page, text in blocks("yaml"):
        assert all(yaml.safe_load_all(text)), page
    for _, text in blocks("toml"):
        tomllib.loads(text)


def test_each_dockerfile_has_no_finding(tmp_path):
    linter = Path(sys.executable).with_name("hadolint")
    for page, text in blocks("dockerfile", "Dockerfile"):
        base = "" if text.startswith(("FROM", "ARG")) else "FROM python:3.14-slim\n"
        (tmp_path / "Dockerfile").write_text(base + text, "utf-8")
        found = subprocess.run(
            [linter, "Dockerfile"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert found.stdout == "", page
