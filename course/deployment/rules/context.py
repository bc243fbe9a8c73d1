"""The build context: what of a folder is sent to Docker, and what stays outside."""

from __future__ import annotations

from course.deployment.ignore import Ignored
from course.harness.finding import Finding

OUTSIDE = {
    ".env": "The secrets of your machine would be in the image, and everyone who has it, has them.",
    ".git/config": "The whole history would be in the image, with all that was ever in it.",
    ".venv/bin/python": (
        "Your virtual environment would be in the image: hundreds of megabytes, made for your "
        "machine. With COPY . . they are copied at every build."
    ),
    ".venv/lib/python3.14/site-packages/main.py": (
        "Your virtual environment would be in the image, at least its sources: **/*.py also stands "
        "for what is in .venv."
    ),
    "__pycache__/main.cpython-314.pyc": "What Python has compiled on your machine is of no use there.",
}
DATABASE = "The database of your machine would be in the image, with the data of your tests."


def leaves_out(ignored: Ignored, database: str) -> None:
    """Secrets, history, a database and what is made again stay outside. Raises Finding."""
    for path, why in {**OUTSIDE, database: DATABASE}.items():
        if path not in ignored:
            rule = ignored.deciding(path)
            raise Finding(
                why if rule is None else f"This line takes it in again. {why}",
                rule.place if rule else None,
                f"{path} stays outside",
                f"{path} is copied",
            )


def takes_in(ignored: Ignored, *files: str) -> None:
    """All that the app needs gets in. Raises Finding."""
    for path in files:
        if path in ignored:
            rule = ignored.deciding(path)
            raise Finding(
                f"This pattern also fits {path}, which then is not there when the image is "
                "built, whatever COPY says.",
                rule.place if rule else None,
                f"{path} is copied",
                f"{path} stays outside",
            )
