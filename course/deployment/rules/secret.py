"""Secrets: in no image and in no repository, and in the environment of the app."""

from __future__ import annotations

import re

from course.deployment.compose import Compose, Service, constant
from course.deployment.dockerfile import Dockerfile, Instruction, assignments, sources
from course.harness.finding import Finding

SECRET = re.compile(r"(SECRET|SECRET_KEY|PASSWORD|PASSWD|TOKEN|API_?KEY|PRIVATE_?KEY)$", re.I)
CREDENTIALS = re.compile(r"://[^/\s:@]*:[^/\s:@]+@")
ENV_FILE = re.compile(r"\.env(\..*)?")


def is_not_in_the_image(image: Dockerfile) -> None:
    """No ENV and no ARG is a secret, and no file with secrets is copied. Raises Finding."""
    for stage in image.used:
        for instruction in stage.own:
            if instruction.word == "ENV":
                _is_not_in_env(instruction)
            if instruction.word == "ARG":
                _is_not_in_arg(instruction)
            _is_not_copied(instruction)


def comes_from_outside(file: Compose) -> None:
    """No service has a secret that stands in the file, not even as a default. Raises Finding."""
    for service in file.services.values():
        for name, value in service.environment.items():
            known = constant(value or "")
            if not _is_known(name, known):
                continue
            default = "${" in (value or "")
            raise Finding(
                "When nobody has set it, this value is taken, which everyone knows. A secret "
                "has no default: ${NAME:?} stops instead."
                if default
                else "The file is in the repository, so everyone who has that has the secret, "
                "and each machine has the same one.",
                file.place("services", service.name, "environment", name),
                f"{name} from the environment, as ${{{name}:?}}",
                f"{name}: {'${…:-…}' if default else '…'}",
            )


def gets_to_the_app(file: Compose, apps: list[Service]) -> None:
    """The app is given its SECRET_KEY. Raises Finding."""
    for app in apps:
        if app.environment.get("SECRET_KEY", "") == "" and not app.env_files:
            raise Finding(
                "Nothing gives SECRET_KEY to the container. It has no other environment than the "
                "one that stands here, so the app does not start.",
                file.place("services", app.name, "environment"),
                "SECRET_KEY under environment, or env_file",
                "an empty one" if "SECRET_KEY" in app.environment else "neither",
            )


def _is_known(name: str, value: str) -> bool:
    """Whether a value is a secret that can be read where it stands."""
    return bool((value and SECRET.search(name)) or CREDENTIALS.search(value))


def _is_not_in_env(instruction: Instruction) -> None:
    for name, value in assignments(instruction.value).items():
        if _is_known(name, value):
            raise Finding(
                "docker inspect shows it to everyone who can pull the image, and it "
                "stays in its history after you have removed it.",
                instruction.place,
                f"no {name} in the image",
                f"ENV {name}=…",
            )


def _is_not_in_arg(instruction: Instruction) -> None:
    for name, value in assignments(instruction.value).items():
        if SECRET.search(name) or CREDENTIALS.search(value):
            raise Finding(
                "The value of an ARG stays in the history of the image: docker "
                "history shows it. A secret that a build needs comes in with RUN "
                "--mount=type=secret.",
                instruction.place,
                f"no {name} in the image",
                f"ARG {name}",
            )


def _is_not_copied(instruction: Instruction) -> None:
    for source in sources(instruction):
        if ENV_FILE.fullmatch(source.rpartition("/")[2]):
            raise Finding(
                "Whoever has the image has this file, with all that stands in it.",
                instruction.place,
                f"no {source} in the image",
                instruction.place.source,
            )
