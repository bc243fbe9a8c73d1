"""What an object of SQLAlchemy's could not load when somebody looked at it."""

from __future__ import annotations

import traceback
from typing import Any


def looked_at(error: BaseException) -> tuple[type, str] | None:
    """The class and the attribute that SQLAlchemy could not load when somebody looked at it."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    for frame in frames if "sqlalchemy" in type(error).__module__ else ():
        attribute = frame.f_locals.get("self") if frame.f_code.co_name == "__get__" else None
        kind, name = getattr(attribute, "class_", None), getattr(attribute, "key", None)
        if isinstance(kind, type) and isinstance(name, str) and is_mapped(kind, name):
            return kind, name
    return None


def is_mapped(kind: type, name: str) -> bool:
    """Whether SQLAlchemy fills in this attribute of the class."""
    return name in getattr(getattr(kind, "__mapper__", None), "attrs", ())


def unloaded(kind: type, name: str) -> str:
    """Why an attribute of a class of SQLAlchemy's was not there, and what to do."""
    if name in kind.__mapper__.relationships:  # type: ignore[attr-defined]
        return (
            "Nothing has loaded that, and in async code a look cannot. Load it in the query: "
            f'selectinload({kind.__name__}.{name}); or: await session.refresh(…, ["{name}"]).'
        )
    return (
        "A commit makes the session forget it, and in async code a look cannot load it again. Make "
        "the sessions with expire_on_commit=False, or await session.refresh(…)."
    )


def keys(row: Any) -> set[str]:
    """The names of the primary key of an object of SQLAlchemy's."""
    mapper = getattr(type(row), "__mapper__", None)
    return {column.key for column in mapper.primary_key} if mapper is not None else set()
