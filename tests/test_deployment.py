"""What reads a learner's deployment, what runs it, and that nothing of it is left behind."""

from __future__ import annotations

import io
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from conftest import processes_in
from rich.console import Console

from course import processes, terminal
from course.author import every_check_is_complete
from course.catalogue import ROOT, Exercise, find
from course.changes import stat
from course.deployment import (
    command,
    compose,
    docker,
    dockerfile,
    ignore,
    installation,
    nginx,
    plan,
    shell,
)
from course.deployment.fleet import fleet
from course.deployment.rules import server, services, storage
from course.harness.finding import Finding
from course.harness.programs import find_program
from course.harness.report import PROGRAM_MISSING, Report, apply
from course.harness.workspace import lay_out
from course.runner import Run, check, finish
from course.spare import Limits
from course.submissions import layers, submissions

LESSON = find("10")
HADOLINT = Path(sys.executable).with_name("hadolint")
PATIENCE = 40  # seconds for a whole run to come to where a test wants it


@pytest.fixture(scope="module")
def solution(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("solution") / "run"
    lay_out(LESSON.folder, LESSON.solution, folder)
    return folder


# Reading --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("patterns", "path", "outside"),
    [
        (".env", ".env", True),
        (".env", "shop/.env", False),
        ("**/.env", "shop/.env", True),
        ("**/.env", ".env", True),
        ("*.env", ".env", True),
        ("/.git/", ".git/config", True),
        ("./.git", ".git/config", True),
        (".git*", ".git/config", True),
        (".git?", ".git/config", False),
        ("*", ".venv/bin/python", True),
        ("*\n!main.py", "main.py", False),
        ("!main.py\n*", "main.py", True),
        ("*\n!*.py\n.env", "shop.py", False),
        ("# .env", ".env", False),
        ("__pycache__", "__pycache__/main.pyc", True),
        ("**/*.pyc", "__pycache__/main.pyc", True),
        ("[ab].py", "a.py", True),
        ("[^ab].py", "a.py", False),
        ("", "main.py", False),
    ],
)
def test_a_dockerignore_is_read_as_docker_reads_it(patterns, path, outside):
    assert (path in ignore.parse(patterns)) is outside


def test_the_last_stage_is_the_image_and_has_what_it_builds_on():
    found = dockerfile.parse(
        """\
# syntax=docker/dockerfile:1
ARG PYTHON=3.13
FROM python:${PYTHON}-slim AS base
ENV A=1 B="two words"
WORKDIR /srv
FROM base as builder
RUN <<EOF
pip install nothing
USER root
EOF
FROM scratch AS unused
USER root
FROM base
COPY --from=builder /x /x
ENV OLD value of it
WORKDIR shop
USER \\
    shop
"""
    )
    image = found.image
    assert image.root == "python:3.13-slim"
    assert image.environment == {"A": "1", "B": "two words", "OLD": "value of it"}
    assert image.workdir == "/srv/shop"
    user = image.last("USER")
    assert user is not None
    assert (user.value, user.place.line) == ("shop", 17)
    assert [stage.name for stage in found.used] == ["base", "builder", ""]
    builder = found.stage("builder")
    assert builder is not None
    assert builder.last("USER") is None, "what stands in a heredoc is no instruction"


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("a 'b; c' && d || e", [["a", "b; c"], ["d"], ["e"]]),
        ("A=1 B='2 3' a C=4 > log 2>&1", [["a", "C=4"]]),
        ("a; b | c &\nd", [["a"], ["b"], ["c"], ["d"]]),
        (
            'python -c "import a; a.b(1)" || exit 1',
            [["python", "-c", "import a; a.b(1)"], ["exit", "1"]],
        ),
        ("a # b", [["a", "#", "b"]]),
        ("it's not closed", [["it's", "not", "closed"]]),
        ("", []),
    ],
)
def test_a_line_for_a_shell_has_commands(line, commands):
    assert shell.commands(line) == commands


@pytest.mark.parametrize(
    ("run", "loose"),
    [
        ("pip install -r requirements.txt", ()),
        ("pip install --requirement=requirements.txt", ()),
        ("pip install --upgrade pip && pip install -r requirements.txt", ()),
        ("pip install fastapi==0.165.0 'uvicorn[standard]==0.54.0'", ()),
        ("pip install 'fastapi>=0.165' httpx==0.28.1", ("fastapi>=0.165",)),
        ("python -m pip install fastapi", ("fastapi",)),
        ("uv pip install --system --python 3.13 -r requirements.txt", ()),
        ("--mount=type=cache,target=/root uv sync --locked", ()),
    ],
)
def test_an_installation_is_known_with_what_has_no_version(run, loose):
    stage = dockerfile.parse(f"FROM python:3.14-slim\nRUN {run}\n").image
    (found,) = installation.installations(stage)
    assert found.loose == loose


def test_what_installs_no_packages_is_no_installation():
    text = "FROM x:1\nRUN pip install uv\nRUN apt-get install -y pip\nRUN pip --version\n"
    assert installation.installations(dockerfile.parse(text).image) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["uvicorn", "main:app"], ("uvicorn", ("main:app",))),
        (["/opt/venv/bin/fastapi", "run"], ("fastapi", ("run",))),
        (["python3.14", "-m", "uvicorn", "main:app"], ("uvicorn", ("main:app",))),
        (["tini", "--", "uvicorn", "main:app"], ("uvicorn", ("main:app",))),
        (["uv", "run", "--no-sync", "fastapi", "run"], ("fastapi", ("run",))),
        (["env", "A=1", "uvicorn", "main:app"], ("uvicorn", ("main:app",))),
        (["gunicorn", "main:app", "-k", "uvicorn"], None),
        (["python", "main.py", "uvicorn"], None),
        (["exec", "uvicorn", "main:app"], None),
        (["A=1", "uvicorn", "main:app"], None),
        (["./start.sh"], None),
        ([], None),
    ],
)
def test_the_server_is_found_in_a_command(words, expected):
    found = command.server(words)
    assert (found and (found.program, found.arguments)) == expected


def test_a_command_runs_here_without_what_is_about_the_container():
    words = ("main:app", "--host", "0.0.0.0", "--port=80", "--workers", "4", "--no-server-header")
    found = command.Server("uvicorn", words).at("127.0.0.1", 5, "10.0.0.1", "/app")
    here = ["--host", "127.0.0.1", "--port", "5", "--forwarded-allow-ips", "10.0.0.1"]
    assert found == ["-m", "uvicorn", "main:app", "--no-server-header", *here]


def test_fastapi_run_becomes_what_it_starts_unless_that_is_not_sure():
    def words(*arguments: str) -> list[str]:
        return command.Server("fastapi", arguments).at("h", 1, "t", "/app")[:-6]

    assert words("run", "/app/main.py", "--no-reload") == ["-m", "uvicorn", "main:app"]
    assert words("run", "main.py", "--timeout-keep-alive") == [
        *("-m", "fastapi", "run", "main.py", "--timeout-keep-alive")
    ]


@pytest.mark.parametrize(
    ("allowed", "trusted"),
    [
        ("*", "*"),
        ("172.30.10.0/24", "proxy"),
        ("10.0.0.1, 172.30.0.0/16", "proxy"),
        ("0.0.0.0/0", plan.EVERYBODY),
        ("10.0.0.0/8,172.16.0.0/12", "proxy"),
        ("172.30.11.0/24", plan.NOBODY),
        ("172.30.10.9", plan.NOBODY),
        ("nginx", plan.NOBODY),
        ("127.0.0.1", plan.NOBODY),
        ("", plan.NOBODY),
    ],
)
def test_the_app_trusts_whoever_has_the_address_of_the_proxy_in_docker(
    solution, tmp_path, allowed, trusted
):
    lay_out(LESSON.folder, solution, tmp_path / "run")
    file = tmp_path / "run/compose.yaml"
    file.write_text(file.read_text("utf-8").replace("IPS: 172.30.10.0/24", f'IPS: "{allowed}"'))
    assert plan.read(tmp_path / "run").trusted("proxy") == trusted


def test_an_error_in_yaml_is_a_finding_with_its_line(tmp_path):
    (tmp_path / "compose.yml").write_text("services:\n\tapi:\n", "utf-8")
    with pytest.raises(Finding) as caught:
        compose.read(tmp_path)
    assert caught.value.place is not None
    assert (caught.value.place.file, caught.value.place.line) == ("compose.yml", 2)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("${A:?b}", ""),
        ("${A}", ""),
        ("$A", ""),
        ("${A:-b}", "b"),
        ("${A-b}", "b"),
        ("$$A", "$A"),
        ("x://u:${P}@h", "x://u:@h"),
    ],
)
def test_what_a_value_is_before_anything_is_set(text, known):
    assert compose.constant(text) == known


@pytest.mark.parametrize(("kind", "declared"), [("bind", True), ("volume", False)])
def test_only_a_volume_has_to_be_declared(tmp_path, kind, declared):
    mount = f"{{type: {kind}, source: data, target: /var/lib/postgresql/data}}"
    text = f"services:\n  db:\n    image: postgres:17\n    volumes:\n      - {mount}\n"
    (tmp_path / "compose.yaml").write_text(text, "utf-8")
    found = compose.read(tmp_path)
    if declared:
        services.name_what_the_file_has(found)
    else:
        with pytest.raises(Finding, match="undefined volume data"):
            services.name_what_the_file_has(found)


def composed(folder: Path, app: str, database: str) -> compose.Compose:
    """A compose file with these lines in its two services."""
    parts = [f"  app: {{build: ., {app}}}", f"  db: {{image: postgres:17, {database}}}"]
    (folder / "compose.yaml").write_text("\n".join(["services:", *parts, ""]), "utf-8")
    return compose.read(folder)


def at_the_database(folder: Path, address: str, database: str, more: str = "") -> None:
    """The rule on DATABASE_URL. `more` stands beside it in the environment of the app."""
    url = f"DATABASE_URL: 'postgresql+asyncpg://{address}'"
    file = composed(folder, f"environment: {{{url}, {more}}}", database)
    storage.is_found(file, [file.services["app"]])


def made(more: str) -> str:
    """The environment of a PostgreSQL, with these."""
    return f"environment: {{POSTGRES_USER: u, {more}}}"


OWN = made("POSTGRES_PASSWORD: '${POSTGRES_PASSWORD:?}'")


@pytest.mark.parametrize(
    ("address", "database", "more"),
    [
        ("u:${POSTGRES_PASSWORD}@db/u", OWN, ""),
        ("u:$POSTGRES_PASSWORD@db/u", OWN, ""),
        ("${U:-u}:${POSTGRES_PASSWORD:?}@db/${D:-u}", OWN, ""),
        ("u:p%40ss%25@db/u", made("POSTGRES_PASSWORD: p@ss%"), ""),
        ("u:${A}%2F@db/u", made("POSTGRES_PASSWORD: '${A}/'"), ""),
        ("u:${A:-x}@db/u", made("POSTGRES_PASSWORD: x"), ""),
        ("u@db/u?password=${POSTGRES_PASSWORD}", OWN, ""),
        ("u@db/u", OWN, "PGPASSWORD: '${POSTGRES_PASSWORD}'"),
        ("u@db/u", OWN, "PGPASSWORD: null"),
        ("u@db/u", OWN, "PGPASSFILE: /run/secrets/passwords"),
        ("u:${A}@db/u", made("POSTGRES_PASSWORD_FILE: /run/secrets/p"), ""),
        ("u:${A}@db/u", made("POSTGRES_PASSWORD: null"), ""),
        ("u@db/u", made("POSTGRES_HOST_AUTH_METHOD: trust"), ""),
        ("u:${A}@db/u", "env_file: .env", ""),
        ("u@db/u", f"{OWN}, command: -c hba_file=/etc/trusts.conf", ""),
        ("u@db/u", f"{OWN}, volumes: ['./init:/docker-entrypoint-initdb.d']", ""),
    ],
)
def test_the_password_of_the_address_is_that_of_the_database(tmp_path, address, database, more):
    at_the_database(tmp_path, address, database, more)


@pytest.mark.parametrize(
    ("address", "database", "found"),
    [
        ("u@db/u", OWN, "no password"),
        ("u:@db/u", OWN, "no password"),
        ("u:${DB_PASSWORD}@db/u", OWN, "${DB_PASSWORD}"),
        ("u:secret@db/u", OWN, "another text"),
        ("u:${A}@db/u", made("POSTGRES_PASSWORD: a"), "${A}"),
        ("u@db/u?password=${A}", OWN, "${A}"),
    ],
)
def test_another_password_than_that_of_the_database_is_refused(tmp_path, address, database, found):
    with pytest.raises(Finding, match="PostgreSQL refuses it") as caught:
        at_the_database(tmp_path, address, database)
    assert caught.value.actual == found
    assert caught.value.place is not None
    assert "DATABASE_URL" in caught.value.place.source


def test_an_empty_password_is_none(tmp_path):
    with pytest.raises(Finding, match="PostgreSQL does not start"):
        at_the_database(tmp_path, "u:@db/u", made("POSTGRES_PASSWORD: ''"))


def test_a_file_for_the_app_may_have_the_password(tmp_path):
    app = "environment: {DATABASE_URL: 'postgresql+asyncpg://u@db/u'}, env_file: .env"
    file = composed(tmp_path, app, OWN)
    storage.is_found(file, [file.services["app"]])


def test_an_address_that_comes_from_outside_has_whatever_it_has(tmp_path):
    file = composed(tmp_path, "environment: {DATABASE_URL: '${URL:?}'}", OWN)
    storage.is_found(file, [file.services["app"]])


@pytest.mark.parametrize(
    ("port", "database"),
    [
        ("", ""),
        (":5432", ""),
        (":${DB_PORT}", ""),
        (":${DB_PORT:-5432}", ""),
        (":5433", ", command: postgres -p 5433"),
        (":5433", ", command: [postgres, -p5433]"),
        (":5433", ", command: [-c, port=5433, -c, fsync=off]"),
        (":5433", ", command: postgres --port=5433"),
        (":5433", ", command: '-p ${DB_PORT}'"),
        (":5433", ", command: -c config_file=/etc/postgresql.conf"),
        (":5433", ", volumes: ['./own.conf:/etc/postgresql/postgresql.conf']"),
        (":5433", ", env_file: .env"),
    ],
)
def test_the_port_of_the_address_is_that_on_which_the_database_listens(tmp_path, port, database):
    at_the_database(tmp_path, f"u:${{POSTGRES_PASSWORD}}@db{port}/u", f"{OWN}{database}")


@pytest.mark.parametrize("value", ["5433", "${PORT:-5433}", "${PORT}"])
def test_the_environment_may_say_the_port_of_the_database(tmp_path, value):
    database = made(f"POSTGRES_PASSWORD: '${{P:?}}', PGPORT: '{value}'")
    at_the_database(tmp_path, "u:${P}@db:5433/u", database)


@pytest.mark.parametrize(
    ("port", "database", "listens"),
    [
        (":5433", "", "5432"),
        (":${DB_PORT:-5433}", "", "5432"),
        (":5433", ", ports: ['5433:5432']", "5432"),
        (":5433", ", command: postgres -c fsync=off", "5432"),
        ("", ", command: postgres -p 5433", "5433"),
        (":5432", ", command: -c port=5433", "5433"),
    ],
)
def test_nobody_listens_at_another_port(tmp_path, port, database, listens):
    with pytest.raises(Finding, match=f"PostgreSQL listens at {listens}"):
        at_the_database(tmp_path, f"u:${{POSTGRES_PASSWORD}}@db{port}/u", f"{OWN}{database}")


@pytest.mark.parametrize(
    ("period", "enough"),
    [
        ("0s", False),
        ("0", False),
        ("999ms", False),
        ("0h0m0.5s", False),
        ("1s", True),
        ("1m", True),
        ("1h0m0s", True),
        ("1m0.5s", True),
        ("1.5s", True),
        (".5s", False),
        ("soon", True),
        ("${GRACE:-10s}", True),
        ("${GRACE}", True),
        ("${GRACE:-0s}", False),
        (None, True),
    ],
)
def test_who_is_stopped_has_some_time_to_end(tmp_path, period, enough):
    grace = f"stop_grace_period: '{period}'" if period else "restart: always"
    file = composed(tmp_path, grace, "restart: always")
    image = dockerfile.parse('FROM x:1\nCMD ["fastapi", "run"]\n')
    apps = [file.services["app"]]
    if enough:
        server.has_time_to_end(file, image, apps)
    else:
        with pytest.raises(Finding, match="kills the server at once") as caught:
            server.has_time_to_end(file, image, apps)
        assert caught.value.place is not None
        assert "stop_grace_period" in caught.value.place.source


@pytest.mark.parametrize(
    ("words", "environment", "enough"),
    [
        ("--timeout-graceful-shutdown 0", "{}", False),
        ("--timeout-graceful-shutdown=0", "{}", False),
        ("--timeout-graceful-shutdown=4", "{}", True),
        ("--no-server-header", "{UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN: 0}", False),
        ("--timeout-graceful-shutdown 4", "{UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN: 0}", True),
        ("--no-server-header", "{}", True),
    ],
)
def test_a_server_that_is_stopped_waits_for_what_it_has_begun(tmp_path, words, environment, enough):
    app = f"command: uvicorn main:app {words}, environment: {environment}"
    file = composed(tmp_path, app, "restart: always")
    image, apps = dockerfile.parse("FROM x:1\n"), [file.services["app"]]
    if enough:
        server.has_time_to_end(file, image, apps)
    else:
        with pytest.raises(Finding, match="cuts off what it has begun"):
            server.has_time_to_end(file, image, apps)


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint is an author's tool")
def test_hadolint_finds_nothing_in_the_solution():
    assert hadolint(LESSON.solution / "Dockerfile") == set()


# What hadolint says, and which check says it in our words.
SAID_BY = {
    "DL3002": "test_not_as_root",
    "DL3007": "test_the_base_has_a_version",
    "DL3013": "test_dependencies_come_first",
    "DL3025": "test_the_command_is_a_list",
    "DL3064": "test_no_secret_in_the_image",
}


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint is an author's tool")
def test_our_checks_say_what_hadolint_says():
    found: dict[str, set[str]] = {code: set() for code in SAID_BY}
    for submission in submissions(LESSON):
        file = submission.path / "Dockerfile"
        for code in hadolint(file) if submission.role == "wrong" and file.is_file() else ():
            found.setdefault(code, set()).add(submission.says("fails"))
    silent = {code: name for code, name in SAID_BY.items() if name not in found[code]}
    assert silent == {}


def hadolint(file: Path) -> set[str]:
    done = subprocess.run([HADOLINT, "--format", "json", file], capture_output=True, check=False)
    return {finding["code"] for finding in json.loads(done.stdout)}


def test_a_rewritten_configuration_keeps_all_but_ports_paths_and_addresses(tmp_path):
    (tmp_path / "nginx.conf").write_text(
        """\
user nginx;
events {}
http {
    access_log /var/log/nginx/access.log;
    map $http_x $y { default 1; "" "a b"; }
    upstream shop {
        least_conn;
        server api:8000 max_fails=2 resolve;
    }
    server {
        listen 80 default_server;
        if ($request_method = TRACE) { return 405; }
        location ~ "^/a{2}$" { proxy_pass http://shop; }
        location / { proxy_pass http://api:8000/; }
    }
    server { listen 9000; return 200; }
}
""",
        "utf-8",
    )
    here = nginx.Here(tmp_path, "127.0.0.1", 1111, 2222, tmp_path / "c.pem", 80)
    read = nginx.read(tmp_path)
    text, lines = nginx.rewritten(read, {"api": ["h:1", "h:2"]}, here)
    for kept in (
        "least_conn;",
        "server h:1 max_fails=2;",
        "server h:2 max_fails=2;",
        "listen 127.0.0.1:1111 default_server;",
        "if ($request_method = TRACE) {",
        'location ~ "^/a{2}$" {',
        "proxy_pass http://api/;",
        '"" "a b";',
    ):
        assert kept in text
    for gone in ("user nginx", "/var/log", "resolve", "9000"):
        assert gone not in text
    assert lines[text.splitlines().index("        least_conn;")] == 7


@pytest.mark.parametrize(("text", "line"), [("listen 80\n  return 200;", 2), ("return 200\n}", 2)])
def test_a_missing_semicolon_is_found_where_it_is_missing(tmp_path, text, line):
    (tmp_path / "nginx.conf").write_text(f"server {{\n  {text}\n}}\n", "utf-8")
    with pytest.raises(Finding) as caught:
        nginx.read(tmp_path)
    assert caught.value.place is not None
    assert caught.value.place.line == line
    assert "A semicolon is missing" in caught.value.message


def test_a_comment_needs_no_semicolon(tmp_path):
    text = "server {\n  # one port\n  listen 80;  # for all\n  # no more\n  return 200;\n}\n"
    (tmp_path / "nginx.conf").write_text(text, "utf-8")
    assert nginx.read(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT])
def test_a_server_hears_what_a_shell_lets_us_ignore_in_its_background(number):
    before = signal.signal(number, signal.SIG_IGN)
    try:
        prepare = processes.ends_with_us(signal.SIGKILL)
        with subprocess.Popen(["sleep", "60"], preexec_fn=prepare) as program:
            program.send_signal(number)
            assert program.wait(timeout=30) == -number
    finally:
        signal.signal(number, before)


def test_every_check_is_complete():
    assert every_check_is_complete(LESSON) == []


# Submissions over the solution, and watching --------------------------------------------------------


def test_a_submission_may_be_laid_over_the_solution():
    path = LESSON.submissions / "wrong/one_megabyte"
    assert layers(LESSON, path) == [LESSON.solution, path]


def test_a_learners_own_folder_never_is(tmp_path):
    (tmp_path / "expect.txt").write_text("# over: solution\n", "utf-8")
    assert layers(LESSON, tmp_path) == [tmp_path]


def test_watch_sees_a_dockerignore(tmp_path):
    for name in (".dockerignore", ".DS_Store", "Dockerfile"):
        (tmp_path / name).touch()
    assert {path.name for path in stat(tmp_path)} == {".dockerignore", "Dockerfile"}


# Without a program ----------------------------------------------------------------------------------

RUN = """
import json, sys
from course.harness import plugin, programs
from course.harness.request import Request
from course.harness.run import run
slug, checks, submission, missing = sys.argv[1:]
plugin.find_program = lambda name: None if name == missing else programs.find_program(name)
run(Request(slug, checks, submission), lambda event: print("event", json.dumps(event)))
"""
WITHOUT = {
    "nginx": (LESSON, 9, "nginx is not installed.", "sudo apt install nginx-light"),
    "initdb": (
        find("challenge_black_belt"),
        14,
        "initdb is not installed. It is a part of PostgreSQL",
        "sudo apt install postgresql",
    ),
}


@pytest.fixture(scope="module", params=WITHOUT)
def without(request, tmp_path_factory) -> tuple[Report, str]:
    """The Report on a solution, on a machine without a program, and the name of that."""
    exercise, *_ = WITHOUT[request.param]
    folder = tmp_path_factory.mktemp("without") / "run"
    lay_out(exercise.folder, exercise.solution, folder)
    done = subprocess.run(
        [
            *(sys.executable, "-c", RUN, exercise.slug),
            *(str(exercise.checks), str(folder), request.param),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    report = Report(exercise.slug, exercise.title)
    for line in done.stdout.splitlines():
        if line.startswith("event "):
            apply(report, json.loads(line.removeprefix("event ")))
    return report.conclude(), request.param


def test_without_a_program_it_is_no_pass(without):
    report, program = without
    _, count, *_ = WITHOUT[program]
    assert report.failures == []
    assert len(report.not_run) == count
    assert len(report.passed) + count == len(report.checks)
    assert report.status == "fail"


def test_without_a_program_the_report_says_so(without):
    report, program = without
    exercise, count, why, how = WITHOUT[program]
    for verdict in report.not_run:
        assert (verdict.status, verdict.kind) == ("skipped", PROGRAM_MISSING)
        assert verdict.message.startswith(why)
    out = io.StringIO()
    console = Console(file=out, width=80, color_system=None, highlight=False)
    terminal.show(report, console, exercise, exercise.folder)
    text = " ".join(out.getvalue().split())
    assert f"Static checks only: {count} checks not run, so this is no pass yet." in text
    assert how in text
    assert "wait for" not in text, (
        "they wait for nothing that the learner could change in their files"
    )


CHECKS = """
import time
from course.harness import needs_program


@needs_program("sh", "Install a shell.")
def test_slow():
    \"\"\"Starts programs.\"\"\"
    time.sleep(2)


def test_quick():
    \"\"\"Starts none.\"\"\"
    time.sleep(2)
"""


@pytest.mark.usefixtures("temp")
def test_only_a_check_that_starts_programs_may_take_longer(tiny_course: Exercise, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(tiny_course.root, root)
    (root / "checks/test_01_tiny.py").write_text(CHECKS, "utf-8")
    tiny = Exercise("01_tiny", root)
    slow, quick = check(tiny, tiny.solution, Limits(check=1, run=10)).checks
    assert (slow.status, quick.kind) == ("pass", "hung")
    assert "1 s" in (quick.expected or "")


# Nothing is left ------------------------------------------------------------------------------------

needs_nginx = pytest.mark.skipif(
    find_program("nginx") is None and os.environ.get("CI") != "true", reason="nginx is missing"
)


def ports_of(folder: Path) -> list[int]:
    """The ports that our servers below a folder listen on, by what was said to them."""
    return [
        int(port) for line in processes_in(folder) for port in re.findall(r"--port\0(\d+)", line)
    ]


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to this in time"
        time.sleep(0.01)


def has_a_fleet(folder: Path) -> bool:
    return any("nginx" in line for line in processes_in(folder)) and len(ports_of(folder)) == 2


def nobody_listens(ports: list[int]) -> bool:
    def refused(port: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0

    return all(map(refused, ports))


@pytest.fixture
def running(temp: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`make check lesson=10`, at the moment in which its fleet has just come up."""
    words = [sys.executable, "-m", "course", "check", "10", "--submission", str(LESSON.solution)]
    with subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as program:
        try:
            until(lambda: has_a_fleet(temp))
            yield program
        finally:
            program.kill()


def nothing_is_left(temp: Path) -> bool:
    return processes_in(temp) == [] and list(temp.iterdir()) == []


@needs_nginx
def test_nothing_is_left_after_a_pass(temp):
    report = check(LESSON, LESSON.solution)
    assert report.status == "pass", report.first_failure
    assert nothing_is_left(temp)


@needs_nginx
def test_nothing_is_left_after_a_failure(temp):
    report = check(LESSON, LESSON.submissions / "wrong/no_second_try")
    assert [failure.id for failure in report.failures] == ["test_one_is_killed"]
    assert nothing_is_left(temp)


@needs_nginx
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_after_ctrl_c_in_the_middle(temp, running, number):
    ports = ports_of(temp)
    running.send_signal(number)
    running.wait(PATIENCE)
    until(lambda: nothing_is_left(temp) and nobody_listens(ports))


@needs_nginx
def test_nothing_is_left_when_the_child_is_killed(temp, running):
    """The others of its checks run in a new child, with a new fleet."""
    (child,) = children_of(running.pid)
    os.kill(child, signal.SIGKILL)
    said = running.communicate(timeout=PATIENCE)[0].decode()
    assert running.returncode == 1
    assert "SIGKILL" in said
    assert nothing_is_left(temp)


@needs_nginx
def test_nothing_runs_on_when_everybody_who_could_end_it_is_killed(temp, running):
    ports = ports_of(temp)
    (child,) = children_of(running.pid)
    running.kill()
    os.kill(child, signal.SIGKILL)
    running.wait()
    until(lambda: processes_in(temp) == [] and nobody_listens(ports))
    for folder in temp.iterdir():  # nobody was left who could have done it
        shutil.rmtree(folder)


@needs_nginx
def test_nothing_is_left_when_the_time_is_over(temp):
    def stop_soon(event: dict[str, Any]) -> None:
        if event["event"] == "start" and event["id"] == "test_both_replicas_answer":
            run.deadline = run.until = time.monotonic() + 0.5

    run = Run(LESSON, LESSON.solution, Limits(), on_event=stop_soon)
    report = finish(run)
    verdict = report.check("test_both_replicas_answer")
    assert verdict is not None
    assert verdict.kind == "hung"
    assert nothing_is_left(temp)


@needs_nginx
@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root has to become nobody")
def test_nginx_is_nobody_where_root_runs_it(solution, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "x" * 32)
    monkeypatch.setattr(tempfile, "tempdir", "/tmp")
    with fleet(plan.read(solution)) as running:
        assert running.nginx is not None
        owner = Path(f"/proc/{running.nginx.process.pid}").stat().st_uid
        assert owner == pwd.getpwnam("nobody").pw_uid
        home = running.home
    assert not home.exists()


@needs_nginx
def test_a_replica_that_has_ended_is_replaced_by_the_spare_one(solution, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "x" * 32)
    with fleet(plan.read(solution)) as running:
        running.start_spare()
        running.settle()
        spare, before = running.spare, running.nginx
        for replica in running.replicas:
            replica.kill()
        running.complete()
        assert running.replicas[0] is spare
        assert running.spare is None
        assert before is not None
        assert before.ended
        seen = {running.ask("GET", "/whoami").json()["instance"] for _ in range(4)}
        assert seen == {"replica-1", "replica-2"}
    assert spare is not None
    assert spare.ended


def children_of(pid: int) -> list[int]:
    words = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    return [int(word) for word in words]


# Docker, of which there is only a fake one here -----------------------------------------------------


@pytest.fixture
def fake_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `docker` that writes down what it is asked; `up` fails when a file says so."""
    program, log = tmp_path / "bin/docker", tmp_path / "asked.txt"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@ $SECRET_KEY" >> {log}\n'
        f'case "$*" in *" up "*) echo pulling; [ ! -e {tmp_path}/broken ];; esac\n',
        "utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return log


@pytest.fixture
def shop() -> Iterator[int]:
    """The port of a shop whose two replicas answer in turn."""
    numbers = count()

    class Replica(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"instance": f"replica-{next(numbers) % 2}"}).encode())

        def log_message(self, *arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Replica) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def published_at(port: int, solution: Path, folder: Path) -> Path:
    lay_out(LESSON.folder, solution, folder)
    file = folder / "compose.yaml"
    file.write_text(file.read_text("utf-8").replace("8080:80", f"{port}:80"), "utf-8")
    return folder


def test_docker_builds_asks_and_removes(fake_docker, shop, solution, tmp_path):
    assert docker.available()
    outcome = docker.build_and_run(published_at(shop, solution, tmp_path / "run"))
    assert outcome.worked
    assert "2 replicas answer" in outcome.text
    up, down = fake_docker.read_text("utf-8").splitlines()[-2:]
    assert re.search(r"--project-name (course-\w+) up --build --wait .* \w{64}$", up)
    assert "down" in down
    assert "--volumes" in down
    assert not (tmp_path / "run/.env").exists(), "the learner's own folder is not touched"


def test_docker_is_cleaned_up_also_when_it_fails(fake_docker, solution, tmp_path):
    (tmp_path / "broken").touch()
    outcome = docker.build_and_run(solution)
    assert not outcome.worked
    assert "docker compose up failed" in outcome.text
    assert "pulling" in outcome.text
    assert " down " in fake_docker.read_text("utf-8").splitlines()[-1]


def test_a_volume_with_a_name_of_its_own_is_kept(fake_docker, shop, solution, tmp_path):
    folder = published_at(shop, solution, tmp_path / "run")
    file = folder / "compose.yaml"
    text = file.read_text("utf-8").replace(
        "\nvolumes:\n  orders:\n", "\nvolumes:\n  orders: {name: mine}\n"
    )
    file.write_text(text, "utf-8")
    assert docker.build_and_run(folder).worked
    assert "--volumes" not in fake_docker.read_text("utf-8").splitlines()[-1]


def test_without_docker_it_says_what_was_checked(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "course", "check", "10", "--docker"],
        cwd=ROOT,
        env={**os.environ, "PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "static and process checks only" in done.stderr
