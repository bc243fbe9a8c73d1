"""The empty database that each check gives to the app, and a view of it that is not the app's."""

from __future__ import annotations

import os
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

SERVER = "COURSE_POSTGRESQL"
"""The environment variable with the address of a PostgreSQL server on which databases can be made;
without it, SQLite is used.
"""
PATIENCE = 10  # seconds that our own connection waits for a lock


class Database:
    """`url` is what DATABASE_URL says to the app. The rest sees what is committed, and no more."""

    dialect = "sqlite"
    url: str

    def counts(self) -> dict[str, int]:
        """The number of rows in each table."""
        return {
            table: self.rows(f'SELECT count(*) FROM "{table}"')[0][0] for table in self.tables()
        }

    def tables(self) -> list[str]:
        raise NotImplementedError

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        raise NotImplementedError


class SQLite(Database):
    """A file; one in memory would be another database for each connection."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "shop.db"
        self.url = f"sqlite+aiosqlite:///{self.file.as_posix()}"

    def tables(self) -> list[str]:
        found = self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        return [name for (name,) in found if not name.startswith("sqlite_")]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(self._connect()) as connection:
            return connection.execute(sql).fetchall()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.file, timeout=PATIENCE, isolation_level=None)


class PostgreSQL(Database):
    """A database on a server, used again by the next check after it was emptied.

    The address may name a driver for the app, as `postgresql+psycopg://…`; else it is asyncpg.
    """

    dialect = "postgresql"
    _name = ""

    def __init__(self, address: str) -> None:
        scheme, _, rest = address.partition("://")
        driver = scheme.partition("+")[2] or "asyncpg"
        server = f"postgresql://{rest}"
        if not PostgreSQL._name:
            PostgreSQL._name = f"course_{secrets.token_hex(4)}"
            self._execute(server, f"CREATE DATABASE {PostgreSQL._name}")
        self._address = f"{server.rpartition('/')[0]}/{PostgreSQL._name}"
        # An app that was stopped in the middle may have left connections, and locks.
        self._execute(
            server,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{PostgreSQL._name}'",
        )
        self._execute(self._address, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        self.url = self._address.replace("://", f"+{driver}://", 1)

    def tables(self) -> list[str]:
        found = self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return [name for (name,) in found]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self._address, autocommit=True) as connection:
            return connection.execute(sql).fetchall()

    @staticmethod
    def _execute(address: str, sql: str) -> None:
        import psycopg

        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(sql)


@contextmanager
def empty_database() -> Iterator[Database]:
    """A database for one check, which DATABASE_URL names meanwhile."""
    before = os.environ.get("DATABASE_URL")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = os.environ.get(SERVER)
        database = PostgreSQL(server) if server else SQLite(Path(folder))
        os.environ["DATABASE_URL"] = database.url
        try:
            yield database
        finally:
            os.environ.pop("DATABASE_URL", None)
            if before is not None:
                os.environ["DATABASE_URL"] = before
