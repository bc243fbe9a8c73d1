"""Provided: the table of the queues, and how it is made. There is nothing to change here."""

from sqlalchemy import Column, Integer, MetaData, String, Table, text
from sqlalchemy.ext.asyncio import AsyncEngine

metadata = MetaData()

queues = Table(
    "queues",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("last", Integer, nullable=False),  # the number that was taken last
    Column("serving", Integer, nullable=False),  # the number whose turn it is, 0 at first
)


async def prepare(engine: AsyncEngine) -> None:
    """Make the table when it is missing. Replicas that start together do it in turn."""
    async with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(4711)"))
        await connection.run_sync(metadata.create_all)
