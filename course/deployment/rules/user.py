"""The user that a container runs as."""

from __future__ import annotations

from course.deployment.dockerfile import Dockerfile, Instruction, Stage, assignments, expand
from course.deployment.installation import commands
from course.harness.finding import Finding

KNOWN = ("nobody", "www-data", "daemon", "nonroot")
"""Who is there in the images that one begins with."""


def is_not_root(image: Dockerfile) -> None:
    """The last USER is not root, and exists. Raises Finding."""
    stage = image.image
    instruction = stage.last("USER")
    if instruction is None:
        if "nonroot" in stage.root:
            return
        raise Finding(
            "Without USER, the server is root in its container. Who finds a hole in it may write "
            "everywhere in there, and is one step away from the machine.",
            stage.place,
            "a USER after the installation",
            "no USER, so root",
        )
    user = _named(instruction, stage)
    if user in ("root", "0", ""):
        raise Finding(
            "The last USER counts, and it is root. Who finds a hole in the server may write "
            "everywhere in the container, and is one step away from the machine.",
            instruction.place,
            "a USER that is not root",
            instruction.place.source,
        )
    before = stage.all[: stage.all.index(instruction)]
    if not user.isdigit() and user not in KNOWN and not _is_made(user, before):
        raise Finding(
            f"Nobody has made the user {user}, so the container does not start: unable to find "
            f"user {user}.",
            instruction.place,
            f"RUN useradd --system {user} before it, or a number",
            f"no user {user}",
        )


def _named(instruction: Instruction, stage: Stage) -> str:
    """The user of a USER, without the group."""
    arguments = {
        name: value
        for other in stage.all
        if other.word == "ARG"
        for name, value in assignments(other.value).items()
    }
    text = expand(instruction.value, {**arguments, **stage.environment})
    return text.strip().partition(":")[0].strip("\"'")


def _is_made(user: str, before: list[Instruction]) -> bool:
    return any(
        words[0].rpartition("/")[2] in ("useradd", "adduser") and user in words
        for other in before
        if other.word == "RUN"
        for words in commands(other)
    )
