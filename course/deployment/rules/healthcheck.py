"""The health check of the app's container."""

from __future__ import annotations

import re

from course.deployment import health
from course.deployment.compose import Compose, Service
from course.deployment.dockerfile import Dockerfile, Stage
from course.deployment.health import HealthCheck
from course.deployment.installation import has_program
from course.harness.finding import Finding
from course.harness.frames import Place
from course.harness.words import shorten


def can_run(file: Compose, image: Dockerfile, apps: list[Service]) -> None:
    """The app has a health check, whose program is in the image. Raises Finding."""
    for app in apps:
        check = health.of(app, file, image)
        if check is None:
            raise Finding(
                "Nobody asks the app how it is, so nginx and docker compose hold every container "
                "for healthy as soon as it runs.",
                image.image.place,
                "HEALTHCHECK in the Dockerfile, or healthcheck in compose.yaml",
                "neither",
            )
        is_split_into_words(check.words, check.place)
        _has_its_program(check, image.image)
        _fails_with_the_app(check)


def is_split_into_words(words: list[str] | str | None, place: Place) -> None:
    """In a list, each argument is a word of its own. Raises Finding."""
    if isinstance(words, list) and words and " " in words[0]:
        raise Finding(
            "In a list, the first word is the program, and each argument is a word of its own. No "
            "program has this name, so the check fails every time.",
            place,
            f'["CMD", "{words[0].split()[0]}", …], or a line for a shell',
            shorten(words[0], 60),
        )


def _has_its_program(check: HealthCheck, stage: Stage) -> None:
    for program in health.ASKING:
        if check.asking(program) and not has_program(stage, program):
            raise Finding(
                f"There is no {program} in {stage.root}. The check fails every time, "
                "and the container is unhealthy although the app is well.",
                check.place,
                "python, or a program that the Dockerfile installs",
                program,
            )


def _fails_with_the_app(check: HealthCheck) -> None:
    words = check.asking("curl")
    if words and not any(re.fullmatch(r"--fail.*|-\w*f\w*", word) for word in words):
        raise Finding(
            "curl ends with 0 whatever the app says, also with a 503: so this check is "
            "content with every answer.",
            check.place,
            "curl --fail",
            shorten(check.text, 60),
        )
