# asyncpg and aiosqlite by themselves, a connection for each question, PGDATA, nginx without root.
# terminal: needs asyncpg
# over: solution

import os
import re
from contextlib import asynccontextmanager
from types import SimpleNamespace

import aiosqlite
import asyncpg
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import PositiveInt, SecretStr
from pydantic_settings import BaseSettings
from queues import prepare
from sqlalchemy.ext.asyncio import create_async_engine
from whoami import router

TAKE = """INSERT INTO queues (name, last, serving) VALUES ($1, 1, 0)
          ON CONFLICT (name) DO UPDATE SET last = queues.last + 1 RETURNING last"""
SHOW = "SELECT name, last, serving FROM queues WHERE name = $1"
SERVE = "UPDATE queues SET serving = $2 WHERE name = $1"


class Settings(BaseSettings):
    secret_key: SecretStr
    database_url: str = "sqlite+aiosqlite:///hall.db"


settings = Settings()
assert len(settings.secret_key.get_secret_value()) >= 32


async def postgres(sql: str, *values):
    """A connection for each question: nothing to go stale."""
    connection = await asyncpg.connect(
        settings.database_url.replace("+asyncpg", ""), timeout=2, command_timeout=2
    )
    try:
        return await connection.fetchrow(sql, *values)
    finally:
        await connection.close(timeout=1)


async def sqlite(sql: str, *values):
    path = settings.database_url.split("///", 1)[1].split("?")[0]
    async with aiosqlite.connect(path, timeout=15) as connection:
        cursor = await connection.execute(re.sub(r"\$(\d)", r"?\1", sql), values)
        row = await cursor.fetchone()
        await connection.commit()
        return row


ask = postgres if settings.database_url.startswith("postgres") else sqlite


@asynccontextmanager
async def lifespan(app):
    engine = create_async_engine(settings.database_url)
    await prepare(engine)
    await engine.dispose()
    yield


app = FastAPI(lifespan=lifespan)
app.include_router(router)


class No(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


@app.exception_handler(No)
async def say_no(request: Request, no: No):
    return PlainTextResponse("no", no.status)


@app.middleware("http")
async def desk(request: Request, call_next):
    if request.method == "PUT" and request.headers.get("x-desk-key") != os.environ["SECRET_KEY"]:
        return JSONResponse({"detail": "who are you"}, 401)
    return await call_next(request)


async def find(name):
    row = await ask(SHOW, name)
    if row is None:
        raise No(404)
    return SimpleNamespace(queue=row[0], last=row[1], serving=row[2])


@app.api_route("/queues/{queue:path}/numbers", methods=["POST"], status_code=201)
async def take(queue: str):
    row = await ask(TAKE, queue)
    return {"queue": queue, "number": row[0]}


@app.get("/queues/{queue}")
async def show(queue: str):
    return vars(await find(queue))


@app.put("/queues/{queue}/serving")
async def serve(queue: str, body: dict[str, PositiveInt]):
    found = await find(queue)
    if "number" not in body:
        raise No(422)
    if body["number"] > found.last:
        raise No(409)
    await ask(SERVE, queue, body["number"])
    return vars(await find(queue))


@app.get("/health/{which}")
async def health(which: str):
    try:
        if which == "ready":
            await ask("SELECT 1")
    except (OSError, TimeoutError, asyncpg.PostgresError, aiosqlite.Error):
        return PlainTextResponse("no", 503)
    return "ok"
