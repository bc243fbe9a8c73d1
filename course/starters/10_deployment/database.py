"""Provided: the shop's database. There is nothing to change here."""

import asyncio
import os

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

URL = os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///shop.db")
SECONDS = 2  # that the database may take to answer

# Without a pool, each ping opens a connection of its own: an old one could still look alive.
engine = create_async_engine(URL, poolclass=NullPool)


class DatabaseGone(Exception):
    """The database does not answer."""


async def ping() -> None:
    """Ask the database for as little as possible. Raises DatabaseGone."""
    try:
        async with asyncio.timeout(SECONDS), engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except (OSError, TimeoutError, SQLAlchemyError) as error:
        raise DatabaseGone from error
