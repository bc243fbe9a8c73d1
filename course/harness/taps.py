"""Looks over the shoulder of an app with a database, whichever library it uses.

`Statements` sees all that SQLite executes, `Connections` what SQLAlchemy's pools lend,
`failing_commits` makes a commit fail in the driver.
"""

from __future__ import annotations

import importlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from course.harness.probe import on_the_loop

PLUMBING = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


@dataclass(frozen=True)
class Statement:
    """One SQL statement, with its values in place; `on_loop` when it held up the event loop."""

    sql: str
    on_loop: bool

    @property
    def is_plumbing(self) -> bool:
        """Of a transaction or a setting, not of the app's own."""
        return self.sql.lstrip().upper().startswith(PLUMBING)


@dataclass
class Statements:
    """What SQLite executes on the connections that are opened meanwhile."""

    all: list[Statement] = field(default_factory=list)

    @property
    def own(self) -> list[str]:
        """The app's statements, without those of transactions and settings."""
        return [statement.sql for statement in self.all if not statement.is_plumbing]

    @property
    def blocking(self) -> list[str]:
        """Those that were executed on the event loop."""
        return [s.sql for s in self.all if s.on_loop and not s.is_plumbing]

    @contextmanager
    def during(self) -> Iterator[list[str]]:
        """`with statements.during() as executed:` the app's own inside; known when it is left."""
        before, executed = len(self.own), list[str]()
        yield executed
        executed += self.own[before:]

    @contextmanager
    def listening(self) -> Iterator[Statements]:
        connect: Callable[..., sqlite3.Connection] = sqlite3.connect

        def tapped(*arguments: Any, **named: Any) -> sqlite3.Connection:
            connection = connect(*arguments, **named)
            connection.set_trace_callback(self._hear)
            return connection

        for module in (sqlite3, sqlite3.dbapi2):
            module.connect = tapped  # type: ignore[attr-defined]
        try:
            yield self
        finally:
            for module in (sqlite3, sqlite3.dbapi2):
                module.connect = connect  # type: ignore[attr-defined]

    def _hear(self, sql: str) -> None:
        if not sql.startswith("--"):  # what a trigger does is told as a comment
            self.all.append(Statement(sql, on_the_loop()))


@dataclass
class Connections:
    """What SQLAlchemy's pools have lent and not got back. Other libraries are not seen."""

    lent: int = 0

    @contextmanager
    def listening(self) -> Iterator[Connections]:
        from sqlalchemy import event
        from sqlalchemy.pool import Pool

        event.listen(Pool, "checkout", self._checkout)
        event.listen(Pool, "checkin", self._checkin)
        try:
            yield self
        finally:
            event.remove(Pool, "checkout", self._checkout)
            event.remove(Pool, "checkin", self._checkin)

    def _checkout(self, *arguments: object) -> None:
        self.lent += 1

    def _checkin(self, *arguments: object) -> None:
        self.lent -= 1


@contextmanager
def failing_commits() -> Iterator[list[str]]:
    """Every commit fails, in the drivers that the lessons allow. The list has one entry for each."""
    tried: list[str] = []
    before: list[tuple[type, str, Any]] = []

    def fail(driver: str, original: Callable[..., Any]) -> Callable[..., Any]:
        async def commit(self: Any, *arguments: object, **named: object) -> None:
            if not getattr(self, "in_transaction", True):
                await original(self, *arguments, **named)  # nothing to commit, nothing to fail
                return
            tried.append(driver)
            await self.rollback()  # as PostgreSQL does: nothing of it is left
            raise _error_of(driver)

        return commit

    for driver, owner, name in _commits():
        original = getattr(owner, name)
        before.append((owner, name, original))
        setattr(owner, name, fail(driver, original))
    try:
        yield tried
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)


def _commits() -> Iterator[tuple[str, type, str]]:
    """The methods that commit, of the drivers that are installed."""
    with suppress(ImportError):
        import aiosqlite

        yield "aiosqlite", aiosqlite.Connection, "commit"
    with suppress(ImportError):
        from asyncpg import transaction  # type: ignore[import-untyped]

        yield "asyncpg", transaction.Transaction, "commit"
    with suppress(ImportError):
        import psycopg

        yield "psycopg", psycopg.AsyncConnection, "commit"


def _error_of(driver: str) -> Exception:
    text = "the commit failed: the disk is full"
    if driver == "aiosqlite":
        return sqlite3.OperationalError(text)
    module = importlib.import_module({"asyncpg": "asyncpg.exceptions"}.get(driver, driver))
    kind: type[Exception] = getattr(module, "DiskFullError", None) or module.OperationalError
    return kind(text)
