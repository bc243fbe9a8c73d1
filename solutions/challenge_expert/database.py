"""The engine, and a session for whoever needs one."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from models import Base
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

NewSession = async_sessionmaker[AsyncSession]


def database_url() -> str:
    file = Path(__file__).with_name("rooms.db")
    return os.environ.get("DATABASE_URL", f"sqlite+aiosqlite:///{file}")


@asynccontextmanager
async def connected() -> AsyncIterator[NewSession]:
    """The tables are there, and the engine is disposed of at the end."""
    engine = create_async_engine(database_url())
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield async_sessionmaker(engine, expire_on_commit=False)
    await engine.dispose()


def get_new_session(request: Request) -> NewSession:
    new_session: NewSession = request.app.state.new_session
    return new_session


NewSessionDep = Annotated[NewSession, Depends(get_new_session)]


async def get_session(new_session: NewSessionDep) -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
