# fails: test_who_waits_first_moves_up
# kind: wrong-body
# says: in the order in which they came
import asyncio
import json
import logging
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from desk import tell
from fastapi import BackgroundTasks, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, Field, field_validator
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

metadata = MetaData()
rooms = Table(
    "rooms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(80), nullable=False),
)
locks = Table(
    "locks",
    metadata,
    Column("room_id", ForeignKey("rooms.id"), primary_key=True),
    Column("owner", Integer, nullable=False),
)
bookings = Table(
    "bookings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("room_id", ForeignKey("rooms.id"), nullable=False),
    Column("person", String(80), nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("status", String(10), nullable=False),
)
keys = Table(
    "keys",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("body", Text, nullable=False),
    Column("answer", Text, nullable=False),
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class NewRoom(BaseModel):
    name: str = Field(min_length=1, max_length=80)


class NewBooking(BaseModel):
    room_id: int
    person: str = Field(min_length=1, max_length=80)
    start: AwareDatetime
    end: AwareDatetime
    wait: bool = False

    @field_validator("end")
    @classmethod
    def check_end(cls, value, info):
        start = info.data.get("start")
        if start and start >= value:
            raise ValueError("start must be before end")
        return value


def number(moment):
    return (moment - EPOCH) // MICROSECOND


def shown(row):
    times = {key: (EPOCH + row[key] * MICROSECOND).isoformat() for key in ("start", "end")}
    return {**row, **times}


@asynccontextmanager
async def lifespan(app):
    url = os.environ.get("DATABASE_URL", f"sqlite+aiosqlite:///{Path(__file__).parent}/rooms.db")
    app.state.engine = create_async_engine(url)
    async with app.state.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield
    await app.state.engine.dispose()


app = FastAPI(lifespan=lifespan)


async def lock(connection, room_id):
    result = await connection.execute(
        update(locks).where(locks.c.room_id == room_id).values(owner=locks.c.owner + 1)
    )
    if not result.rowcount:
        raise HTTPException(404)


async def overlaps(connection, room_id, start, end):
    query = select(bookings.c.id).where(
        bookings.c.room_id == room_id,
        bookings.c.status == "booked",
        bookings.c.start < end,
        bookings.c.end > start,
    )
    return (await connection.execute(query)).first() is not None


async def one(connection, booking_id):
    row = (await connection.execute(select(bookings).where(bookings.c.id == booking_id))).first()
    if row is None:
        raise HTTPException(404)
    return dict(row._mapping)


@app.post("/rooms")
async def create_room(new: NewRoom, request: Request):
    async with request.app.state.engine.begin() as connection:
        result = await connection.execute(insert(rooms).values(name=new.name))
        (room_id,) = result.inserted_primary_key
        await connection.execute(insert(locks).values(room_id=room_id, owner=0))
    return JSONResponse({"id": room_id, "name": new.name}, 201)


@app.get("/rooms")
async def list_rooms(request: Request):
    query = (
        select(
            rooms.c.name, rooms.c.id.label("room"), *[c.label(f"b_{c.name}") for c in bookings.c]
        )
        .outerjoin(bookings, (bookings.c.room_id == rooms.c.id) & (bookings.c.status == "booked"))
        .order_by(rooms.c.id, bookings.c.start)
    )
    found = {}
    async with request.app.state.engine.connect() as connection:
        for row in (await connection.execute(query)).mappings():
            room = found.setdefault(
                row["room"], {"id": row["room"], "name": row["name"], "bookings": []}
            )
            if row["b_id"] is not None:
                room["bookings"].append(shown({c.name: row[f"b_{c.name}"] for c in bookings.c}))
    return list(found.values())


async def remember(connection, key, body):
    """The answer that was given before; None when there was none, and the key is ours now."""
    try:
        await connection.execute(insert(keys).values(key=key, body=body, answer=""))
    except IntegrityError:
        await connection.rollback()
        row = (await connection.execute(select(keys).where(keys.c.key == key))).one()
        if row.body != body:
            raise HTTPException(422) from None
        return Response(row.answer, 201, media_type="application/json")


@app.post("/bookings")
async def create_booking(new: NewBooking, request: Request):
    key = request.headers.get("idempotency-key")
    body = json.dumps(await request.json(), sort_keys=True)
    async with request.app.state.engine.connect() as connection:
        if key is not None and (before := await remember(connection, key, body)):
            return before
        await lock(connection, new.room_id)
        row = {
            "room_id": new.room_id,
            "person": new.person,
            "start": number(new.start),
            "end": number(new.end),
            "status": "booked",
        }
        if await overlaps(connection, new.room_id, row["start"], row["end"]):
            if not new.wait:
                raise HTTPException(409)
            row["status"] = "waiting"
        result = await connection.execute(insert(bookings).values(row))
        answer = json.dumps(shown({"id": result.inserted_primary_key[0], **row}))
        if key is not None:
            await connection.execute(update(keys).where(keys.c.key == key).values(answer=answer))
        await connection.commit()
    return Response(answer, 201, media_type="application/json")


@app.get("/bookings/{booking_id}")
async def read_booking(booking_id: int, request: Request):
    async with request.app.state.engine.connect() as connection:
        return shown(await one(connection, booking_id))


@app.post("/bookings/{booking_id}/cancel")
async def cancel_booking(booking_id: int, request: Request):
    async with request.app.state.engine.begin() as connection:
        room_id = (await one(connection, booking_id))["room_id"]
        await lock(connection, room_id)
        booking = await one(connection, booking_id)
        if booking["status"] == "cancelled":
            raise HTTPException(409)
        await connection.execute(
            update(bookings).where(bookings.c.id == booking_id).values(status="cancelled")
        )
    tasks = BackgroundTasks()
    tasks.add_task(move_up, request.app.state.engine, room_id)
    return JSONResponse(shown({**booking, "status": "cancelled"}), background=tasks)


async def move_up(engine, room_id):
    moved = []
    async with engine.begin() as connection:
        await lock(connection, room_id)
        query = select(bookings).where(
            bookings.c.room_id == room_id, bookings.c.status == "waiting"
        )
        for row in (await connection.execute(query.order_by(bookings.c.start))).all():
            if not await overlaps(connection, room_id, row.start, row.end):
                await connection.execute(
                    update(bookings).where(bookings.c.id == row.id).values(status="booked")
                )
                moved.append(row)
    loop = asyncio.get_running_loop()
    for row in moved:
        try:
            await loop.run_in_executor(None, tell, row.person, row.id)
        except Exception:
            logging.exception("could not tell %s of booking %s", row.person, row.id)
