"""The layers of an image, in their order: the packages, and after them the code."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatch

from course.deployment.dockerfile import Dockerfile, Stage, copied_from, expand, sources
from course.deployment.installation import Installation, brings, code_before, installations
from course.harness.finding import Finding
from course.harness.words import shorten

APP = "main.py"


def packages_have_versions(image: Dockerfile) -> None:
    """All Python packages are installed from a list, or with a version. Raises Finding."""
    for _, installation in _installed(image):
        if not installation.locked:
            raise Finding(
                "These packages have no version, so each build takes the newest. requirements.txt "
                "names the versions that the app was tested with.",
                installation.instruction.place,
                "--requirement requirements.txt",
                shorten(" ".join(installation.loose), 60),
            )


def packages_come_before_code(image: Dockerfile) -> None:
    """No code is copied before the installation. Raises Finding."""
    stage, first = _installed(image)[0]
    if code := code_before(stage, first):
        raise Finding(
            f"The code is copied in line {code.place.line}, before the installation. Docker "
            "takes a layer from its cache until something has changed: so with each change of "
            "the code, everything is downloaded again.",
            first.instruction.place,
            "COPY requirements.txt, install, and then COPY the code",
            f"{code.place.source} comes first",
        )


def code_gets_in(image: Dockerfile, *files: str) -> None:
    """These files are copied, and main.py to where the server is started. Raises Finding."""
    for name in files:
        if not brings(image, name):
            raise Finding(
                f"No COPY brings {name} into the image.",
                image.image.place,
                "COPY . . after the installation",
                f"{name} stays outside",
            )
    stage = image.image
    if places := _elsewhere(stage):
        raise Finding(
            f"The server is started in {stage.workdir}, and there is no {APP}: COPY brings it to "
            f"{places[0]}. WORKDIR says where the server is started.",
            stage.place,
            f"{APP} in {stage.workdir}",
            f"{APP} in {places[0]}",
        )


def _elsewhere(stage: Stage) -> list[str]:
    """The folders with main.py when the server looks in another one; [] when nobody can tell."""
    folder, found = "/", []
    for instruction in stage.all:
        value = expand(instruction.value, stage.environment)
        if copied_from(instruction):
            return []  # which may bring it as well
        if instruction.word == "WORKDIR":
            folder = posixpath.join(folder, value.strip().strip("\"'"))
        elif any(_brings_the_app(source) for source in sources(instruction)):
            target = posixpath.join(folder, instruction.words[-1])
            found.append(posixpath.normpath(target.removesuffix(APP)))
    words = [word for name in ("ENTRYPOINT", "CMD") if (i := stage.last(name)) for word in i.words]
    named = any(word.startswith(("/", "--app-dir")) for word in words)
    unclear = any("$" in path for path in [folder, *found])
    if named or unclear or "PYTHONPATH" in stage.environment:
        return []
    return [] if posixpath.normpath(folder) in found else found


def _brings_the_app(source: str) -> bool:
    name = source.removeprefix("./") or "."
    return name in (".", "/", "*") or fnmatch(APP, name)


def _installed(image: Dockerfile) -> list[tuple[Stage, Installation]]:
    """Every installation, with its stage: at least one. Raises Finding."""
    found = [(stage, each) for stage in image.used for each in installations(stage)]
    if not found:
        raise Finding(
            "Nothing installs FastAPI and the others, so the server is not there when the "
            "container starts.",
            image.image.place,
            "RUN pip install --requirement requirements.txt",
            "no RUN that installs",
        )
    return found
