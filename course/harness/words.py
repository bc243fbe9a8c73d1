"""Small pieces of English and of JSON that the messages share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Set
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

ADDED = re.compile(
    r"^\(\w+(\.\w+)+\) (<class '[\w.]+'>: )?|\s+(\[SQL: |\(Background on this error).*", re.S
)
"""What SQLAlchemy puts around the words of a database: the driver's class, the SQL, an address."""


def a(noun: str) -> str:
    """`an APIRouter`, `a UserOut`: the names of classes that begin with U say you."""
    return f"{'an' if noun[:1] in 'AEIOaeiou' else 'a'} {noun}"


MOST = 20_000  # characters of what an exception says


def text_of(error: BaseException) -> str:
    """What an exception says; "" when it cannot even do that. Nobody reads megabytes to the end."""
    try:
        return ADDED.sub("", str(error)[:MOST])
    except Exception:
        return ""


def sentence(text: str) -> str:
    """One line with a full stop, at most 200 characters."""
    line = shorten(" ".join(text.split()))
    return line if line.endswith((".", "?", "…")) else f"{line}."


def shorten(text: str, limit: int = 200) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def either(values: Iterable[Any]) -> str:
    """`201 or 204`."""
    *most, last = [str(value) for value in values] or ["nothing"]
    return f"{', '.join(most)} or {last}" if most else last


def all_of(values: Iterable[Any]) -> str:
    """`id, name and price`."""
    *most, last = [str(value) for value in values] or ["nothing"]
    return f"{', '.join(most)} and {last}" if most else last


def inside(file: str | None, folder: Path) -> str | None:
    """`file` relative to the learner's folder, or None when it is not one of theirs."""
    if file and Path(file).is_relative_to(folder):
        return Path(file).relative_to(folder).as_posix()
    return None


def value(data: Any, limit: int = 120) -> str:
    """A value as the learner sees it in a response: JSON, shortened."""
    if isinstance(data, Set):
        data = sorted(data, key=str)
    if isinstance(data, type):
        return TYPES.get(data, data.__name__)
    return shorten(json.dumps(data, ensure_ascii=False, default=_plain), limit)


def _plain(data: Any) -> str:
    return data.isoformat() if hasattr(data, "isoformat") else str(data)


def kind_of(data: Any) -> str:
    """`a Guest object`, where the value itself would be all its fields, or only an address."""
    kind = type(data)
    mute = all(getattr(kind, name) is getattr(object, name) for name in ("__repr__", "__str__"))
    long = hasattr(kind, "model_fields") or is_dataclass(kind)
    return f"{a(kind.__name__)} object" if mute or long else ""


def operand(op: str, right: Any, left: Any) -> str:
    """What a comparison with `right` wanted instead of `left`."""
    if op == "not in":
        return f"something else than {value(left)}"
    if op == "in" and isinstance(right, list | tuple | Set):
        return either(map(value, sorted(right, key=str)))
    return f"{OPERATORS.get(op, '')}{value(right)}"


OPERATORS = {
    "is not": "something else than ",
    "!=": "something else than ",
    "<": "less than ",
    "<=": "at most ",
    ">": "more than ",
    ">=": "at least ",
}


TYPES = {
    type(None): "null",
    bool: "a boolean",
    int: "a whole number",
    float: "a number with a fraction",
    str: "a string",
    list: "a list",
    dict: "an object",
}


def json_type(data: Any) -> str:
    """The name that JSON has for the type of a value (RFC 8259, section 3)."""
    if isinstance(data, int | float) and not isinstance(data, bool):
        return "a number"
    return TYPES.get(type(data)) or a(type(data).__name__)
