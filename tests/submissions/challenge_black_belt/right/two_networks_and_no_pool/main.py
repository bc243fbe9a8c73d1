# A row lock and BEGIN IMMEDIATE, routes added by hand, an entrypoint, two networks, PostgreSQL 18.
# over: solution

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from secrets import compare_digest

import anyio
import queues as tables
import whoami
from fastapi import APIRouter, Body, Depends, FastAPI, Path, Request, Response, Security
from fastapi.exceptions import HTTPException
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import NullPool

SECRET_KEY = os.environ["SECRET_KEY"]
if len(SECRET_KEY) < 32:
    raise SystemExit("SECRET_KEY is too short")


class Base(DeclarativeBase):
    metadata = tables.metadata


class Queue(Base):
    __table__ = tables.queues


class Hall:
    def __init__(self, url: str) -> None:
        self.engine = create_async_engine(url, poolclass=NullPool)
        if self.engine.dialect.name == "sqlite":
            # BEGIN IMMEDIATE, as SQLAlchemy's manual says
            @event.listens_for(self.engine.sync_engine, "connect")
            def connected(connection, record):
                connection.isolation_level = None

            @event.listens_for(self.engine.sync_engine, "begin")
            def begun(connection):
                connection.exec_driver_sql("BEGIN IMMEDIATE")

        self.session = async_sessionmaker(self.engine, expire_on_commit=False)

    async def take(self, name: str) -> int:
        while True:
            async with self.session() as session:
                queue = await session.get(Queue, name, with_for_update=True)
                if queue is None:
                    queue = Queue(name=name, last=0, serving=0)
                    session.add(queue)
                queue.last += 1
                try:
                    await session.commit()
                except IntegrityError:
                    continue
                return queue.last

    async def ask(self) -> bool:
        with anyio.move_on_after(1.5):
            try:
                async with self.session() as session:
                    return await session.scalar(text("SELECT 1")) == 1
            except Exception:
                return False
        return False


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.hall = hall = Hall(os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///hall.db"))
    await tables.prepare(hall.engine)
    try:
        yield {"hall": hall}
    finally:
        await hall.engine.dispose()


async def get_session(request: Request) -> AsyncGenerator[AsyncSession]:
    async with request.state.hall.session() as session:
        yield session


def the_desk(key: str | None = Security(APIKeyHeader(name="X-Desk-Key", auto_error=False))) -> None:
    if key is None or not compare_digest(key.encode(), SECRET_KEY.encode()):
        raise HTTPException(401, "desk only")


async def get_queue(queue: str = Path(), session: AsyncSession = Depends(get_session)) -> Queue:
    found = await session.get(Queue, queue, with_for_update=True)
    if not found:
        raise HTTPException(404)
    return found


def shown(queue: Queue) -> dict:
    return {"serving": queue.serving, "last": queue.last, "queue": queue.name}


router = APIRouter(prefix="/queues/{queue}")


async def take(request: Request) -> Response:
    name = request.path_params["queue"]
    number = await request.state.hall.take(name)
    return JSONResponse({"number": number, "queue": name}, 201)


router.add_api_route("/numbers", take, methods=["POST"], status_code=201)


@router.get("")
async def show(queue: Queue = Depends(get_queue)):
    return shown(queue)


@router.put("/serving", dependencies=[Depends(the_desk)])
async def call(
    number: int = Body(embed=True, ge=1),
    queue: Queue = Depends(get_queue),
    session: AsyncSession = Depends(get_session),
):
    if number > queue.last:
        raise HTTPException(409)
    queue.serving = number
    await session.commit()
    return shown(queue)


async def health(request: Request, *, really: bool) -> Response:
    if really and not await request.state.hall.ask():
        return Response("no database", 503)
    return Response(status_code=200)


app = FastAPI(lifespan=lifespan, openapi_url=None)
app.include_router(router)
app.include_router(whoami.router)
app.add_route("/health/live", partial(health, really=False), ["GET", "HEAD"])
app.add_route("/health/ready", partial(health, really=True), ["GET", "HEAD"])
