# fails: test_each_number_once
# kind: wrong-body
# says: To try again a few times is not enough
# over: solution

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from queues import prepare, queues
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import create_async_engine
from whoami import router


class Settings(BaseSettings):
    # An error must not show the secret that it complains about.
    model_config = SettingsConfigDict(hide_input_in_errors=True)

    secret_key: Annotated[str, Field(min_length=32)]
    database_url: str = f"sqlite+aiosqlite:///{Path(__file__).with_name('numbers.db')}"


settings = Settings()  # type: ignore[call-arg]

# A connection that the database has closed meanwhile is noticed, and replaced.
engine = create_async_engine(settings.database_url, pool_pre_ping=True)

TRIES = 3
FIRST = text(
    "INSERT INTO queues (name, last, serving) VALUES (:name, 1, 0) ON CONFLICT (name) DO NOTHING"
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    await prepare(engine)
    yield
    await engine.dispose()


class Number(BaseModel):
    queue: str
    number: int


class Call(BaseModel):
    number: Annotated[int, Field(ge=1)]


class Queue(BaseModel):
    queue: str
    last: int
    serving: int


def at_the_desk(x_desk_key: Annotated[str, Header()] = "") -> None:
    if not secrets.compare_digest(x_desk_key.encode(), settings.secret_key.encode()):
        raise HTTPException(401, "Only the desk may do this")


app = FastAPI(title="Take a number", lifespan=lifespan)
app.include_router(router)


@app.post("/queues/{queue}/numbers", status_code=201)
async def take_number(queue: str) -> Number:
    mine = queues.c.name == queue
    for _ in range(TRIES):
        async with engine.begin() as connection:
            seen = await connection.scalar(select(queues.c.last).where(mine))
            if seen is None:
                taken = await connection.execute(FIRST, {"name": queue})
            else:
                change = update(queues).where(mine, queues.c.last == seen).values(last=seen + 1)
                taken = await connection.execute(change)
        if taken.rowcount == 1:
            return Number(queue=queue, number=(seen or 0) + 1)
    raise HTTPException(503, "Too many people at once")


@app.get("/queues/{queue}")
async def get_queue(queue: str) -> Queue:
    async with engine.connect() as connection:
        row = (await connection.execute(select(queues).where(queues.c.name == queue))).first()
    if row is None:
        raise HTTPException(404, "No such queue")
    return Queue(queue=row.name, last=row.last, serving=row.serving)


@app.put("/queues/{queue}/serving", dependencies=[Depends(at_the_desk)])
async def call_number(queue: str, call: Call) -> Queue:
    found = await get_queue(queue)
    if call.number > found.last:
        raise HTTPException(409, "Nobody has this number")
    change = update(queues).where(queues.c.name == queue).values(serving=call.number)
    async with engine.begin() as connection:
        await connection.execute(change)
    return found.model_copy(update={"serving": call.number})


@app.get("/health/live")
def live() -> dict[str, str]:
    return {"status": "live"}


@app.get("/health/ready")
async def ready() -> dict[str, str]:
    try:
        async with asyncio.timeout(2), engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except Exception:  # the driver has errors of its own, and so has the network
        raise HTTPException(503, "The database does not answer") from None
    return {"status": "ready"}
