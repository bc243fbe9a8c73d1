"""Images that others have made, and their versions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from course.deployment.compose import Compose, constant
from course.deployment.dockerfile import Dockerfile, copied_from
from course.harness.finding import Finding
from course.harness.frames import Place

OLDEST, NEWEST = 11, 15  # Python 3.11 to 3.15
MOVING = ("latest", "stable", "mainline")
NUMBERED = ("python", "nginx", "postgres")
"""Whose tags mean another version every few months, when there is no number in them."""


def bases_are_maintained(image: Dockerfile) -> None:
    """No stage begins with an image that its author has given up. Raises Finding."""
    for stage in image.used:
        if "tiangolo/uvicorn-gunicorn" in stage.base:
            raise Finding(
                "This image was made for the time before Uvicorn could run several processes. Its "
                "author does not maintain it any more, and says to build from the official Python.",
                stage.place,
                "python:3.14-slim, or another Python with a version",
                stage.base,
            )


def have_versions(image: Dockerfile) -> None:
    """Every image that it begins with, or copies from, has a version. Raises Finding."""
    for name, place in _of_others(image):
        _has_a_version(name, place)
        _has_a_maintained_python(name, place)


def of_services_have_versions(file: Compose) -> None:
    """Every service that is not built has an image with a version. Raises Finding."""
    for service in file.services.values():
        if service.builds is None:
            _has_a_version(constant(service.image), file.place("services", service.name, "image"))


def _of_others(image: Dockerfile) -> Iterator[tuple[str, Place]]:
    """Names of images, with the lines in which they stand."""
    for stage in image.used:
        if image.stage(stage.base) is None or stage.base == stage.root:
            yield stage.base, stage.place
        for instruction in stage.own:
            source = copied_from(instruction)
            if source and image.stage(source) is None:
                yield source, instruction.place


def _has_a_version(name: str, place: Place) -> None:
    last = name.rpartition("/")[2]
    tag = last.partition(":")[2]
    if "@" in last:
        return
    moving = tag.split("-")[0] in MOVING
    bare = last.startswith(NUMBERED) and not re.search(r"\d", tag)
    if not tag or moving or bare:
        raise Finding(
            f"{name} is whatever is newest on the day of the build. Two builds of the same commit "
            "give two programs, and the older one cannot be made again.",
            place,
            "an image with a version, such as python:3.14-slim",
            name,
        )


def _has_a_maintained_python(name: str, place: Place) -> None:
    found = re.search(r"python:?(\d+)(?:\.(\d+))?", name)
    if found is None:
        return
    if found[2] is None:
        raise Finding(
            f"{name} is another Python when the next one comes out: the same Dockerfile gives "
            "another image, one day, by itself.",
            place,
            "the minor version as well: python:3.14-slim",
            name,
        )
    if (int(found[1]), int(found[2])) < (3, OLDEST) or int(found[2]) > NEWEST:
        raise Finding(
            f"Python {found[1]}.{found[2]} gets no security updates any more, or is not there "
            f"yet, and FastAPI needs 3.{OLDEST} or newer.",
            place,
            f"Python 3.{OLDEST} to 3.{NEWEST}",
            name,
        )
