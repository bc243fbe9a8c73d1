"""The server that a container starts."""

from __future__ import annotations

import re

from course.deployment import command
from course.deployment.command import Server
from course.deployment.compose import Compose, Service, constant, serves, started
from course.deployment.dockerfile import Dockerfile, Instruction
from course.deployment.plan import environment
from course.harness.finding import Finding
from course.harness.frames import Place
from course.harness.words import shorten

WITHOUT_SHELL = "the server as the first word, or exec before it"
PART = r"(\d*\.?\d+)(h|ms|m|us|s)"  # of a text such as 1m30s
SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6}
ITSELF = ("127.0.0.1", "localhost", "::1")


def is_started_directly(image: Dockerfile) -> None:
    """CMD is a list, which starts a server without a shell in between. Raises Finding."""
    stage = image.image
    entrypoint, cmd = stage.last("ENTRYPOINT"), stage.last("CMD")
    instruction = entrypoint or cmd
    if instruction is None:
        raise Finding(
            "Nothing says what a container of this image starts.",
            stage.place,
            'CMD ["fastapi", "run", "main.py"]',
            "no CMD",
        )
    both = [each for each in (entrypoint, cmd) if each]
    for each in both:
        _is_a_list(each)
    words = [word for each in both for word in each.words]
    if (script := command.through_shell(words)) is not None:
        words = command.replaces_the_shell(script) or []
        if not words:
            raise Finding(
                "The list starts a shell, and that starts the server as its child. docker stop "
                "speaks to the shell, the server hears nothing, and after ten seconds it is "
                "killed in the middle of its requests.",
                instruction.place,
                WITHOUT_SHELL,
                _shown(instruction.place),
            )
    if instruction.listed is None:
        words = command.replaces_the_shell(instruction.value) or []
    if command.server(words) is None:
        raise Finding(
            "The first word is neither uvicorn nor fastapi, so the checks cannot tell which "
            "server this starts.",
            instruction.place,
            "uvicorn main:app or fastapi run main.py, with options",
            _shown(instruction.place),
        )


def is_for_production(file: Compose, image: Dockerfile, apps: list[Service]) -> None:
    """It hears signals, does not reload, and listens where others reach it. Raises Finding."""
    for app in apps:
        place = file.command(app, image)
        _hears_signals(app, image, place)
        _does_not_reload(app, image, place)
        _listens_to_others(app, image, place)


def has_time_to_end(file: Compose, image: Dockerfile, apps: list[Service]) -> None:
    """Docker and the server wait, after the signal, for what has begun. Raises Finding."""
    for app in apps:
        waits = _of(app, image).waits(environment(image, app))
        if waits is not None and waits < 1:
            raise Finding(
                "After the signal, the server waits for this long, and that is no time. Then it "
                "cuts off what it has begun to answer.",
                file.command(app, image),
                "no --timeout-graceful-shutdown, or one of a few seconds",
                f"--timeout-graceful-shutdown {waits}",
            )
        period = constant(str(app.data.get("stop_grace_period", "")))
        known = period == "0" or re.fullmatch(f"({PART})+", period)
        seconds = sum(float(number) * SECONDS[unit] for number, unit in re.findall(PART, period))
        if known and seconds < 1:  # docker compose waits for whole seconds
            raise Finding(
                "docker stop sends the signal, waits for this long, and that is no time. Then it "
                "kills the server at once, in the middle of its requests.",
                file.place("services", app.name, "stop_grace_period"),
                "no stop_grace_period, which means ten seconds, or one of a few seconds",
                f"stop_grace_period: {period}",
            )


def port(app: Service, image: Dockerfile) -> int:
    """On which the server of an app listens, once that is known to be a number."""
    return int(_of(app, image).port(environment(image, app)))


def _of(app: Service, image: Dockerfile) -> Server:
    server = serves(app, image)
    assert server is not None, "without one, a service is no app"
    return server


def _is_a_list(instruction: Instruction) -> None:
    if instruction.listed is not None or command.replaces_the_shell(instruction.value):
        return
    raise Finding(
        "This is no JSON: its texts stand in single quotes, or a comma is missing. So "
        "Docker takes it for a line of a shell, which finds no program of that name."
        if instruction.value.startswith("[")
        else "A shell reads this line, and starts the server as its child. docker stop "
        "speaks to the shell, the server hears nothing, and after ten seconds it is "
        "killed in the middle of its requests.",
        instruction.place,
        f'a list in double quotes: {instruction.word} ["…", "…"]',
        _shown(instruction.place),
    )


def _hears_signals(app: Service, image: Dockerfile, place: Place) -> None:
    script = command.through_shell(started(app, image))
    if script is not None and not command.replaces_the_shell(script):
        raise Finding(
            "A shell starts the server as its child. docker stop speaks to the shell, the "
            "server hears nothing, and after ten seconds it is killed.",
            place,
            WITHOUT_SHELL,
            _shown(place),
        )


def _does_not_reload(app: Service, image: Dockerfile, place: Place) -> None:
    if _of(app, image).develops:
        raise Finding(
            "This mode is for your own machine: it watches all files, starts again when one "
            "changes, and runs a second process for that.",
            place,
            "fastapi run, or uvicorn without --reload",
            _shown(place),
        )


def _listens_to_others(app: Service, image: Dockerfile, place: Place) -> None:
    server, known = _of(app, image), environment(image, app)
    host = server.host(known)
    if host in ITSELF:
        raise Finding(
            f"The server listens on {host}, which in a container is the container itself. "
            "nginx is in another one, and gets no connection.",
            place,
            "--host 0.0.0.0",
            f"--host {host}",
        )
    text = server.port(known)
    if not text.isdigit():
        raise Finding(
            "Only a shell puts the value of a variable in, and here is none: the server "
            f"gets the text {text} as its port, and does not start.",
            place,
            "a number",
            f"--port {text}",
        )


def _shown(place: Place) -> str:
    return shorten(place.source, 60)
