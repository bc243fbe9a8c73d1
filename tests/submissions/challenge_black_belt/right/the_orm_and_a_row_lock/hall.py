import os
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, PositiveInt
from queues import queues
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import NullPool

router = APIRouter(prefix="/queues/{name}")
engine = create_async_engine(
    os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///hall.db"), poolclass=NullPool
)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Queue(Base):
    __table__ = queues


class Call(BaseModel):
    number: PositiveInt


async def session():
    async with sessions() as opened:
        yield opened


Opened = Annotated[AsyncSession, Depends(session)]


def shown(queue: Queue | None) -> dict[str, str | int]:
    if queue is None:
        raise HTTPException(404)
    return {"queue": queue.name, "last": queue.last, "serving": queue.serving}


@router.post("/numbers", status_code=201)
async def take(name: str, session: Opened):
    for _ in range(2):
        queue = await session.get(Queue, name, with_for_update=True)
        if queue is None:
            queue = Queue(name=name, last=0, serving=0)
            session.add(queue)
        queue.last += 1
        try:
            await session.commit()
        except IntegrityError:
            await session.rollback()  # somebody was first: now the row is there
            continue
        return {"queue": name, "number": queue.last}
    raise HTTPException(503)


@router.get("")
async def look(name: str, session: Opened):
    return shown(await session.get(Queue, name))


@router.put("/serving")
async def call(name: str, call: Call, session: Opened):
    queue = await session.get(Queue, name)
    shown(queue)
    if call.number > queue.last:
        return JSONResponse({"error": "too early"}, 409)
    queue.serving = call.number
    await session.commit()
    return shown(queue)
