# SQLModel in threads, BEGIN IMMEDIATE or SERIALIZABLE, and tries again.
# terminal: needs SQLModel
import functools
import logging
import os
import time
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Optional

import desk
from fastapi import BackgroundTasks, Depends, FastAPI, Header, HTTPException, Response
from pydantic import AwareDatetime, model_validator
from sqlalchemy import event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlmodel import Field, Session, SQLModel, create_engine, select


class Room(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    name: str


class Booking(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    room_id: int = Field(foreign_key="room.id")
    person: str
    start: str  # UTC, with all digits, so that the order of texts is the order of moments
    end: str
    status: str


class Idem(SQLModel, table=True):
    key: str = Field(primary_key=True)
    request: str
    response: str


def sync_url():
    url = make_url(os.environ.get("DATABASE_URL", f"sqlite+aiosqlite:///{Path(__file__).with_name('rooms.db')}"))
    return url.set(drivername={"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}[url.get_backend_name()])


@asynccontextmanager
async def lifespan(app):
    url = sync_url()
    lite = url.get_backend_name() == "sqlite"
    engine = create_engine(url, **({"connect_args": {"timeout": 30}} if lite else {"isolation_level": "SERIALIZABLE"}))
    if lite:
        event.listen(engine, "connect", lambda c, r: setattr(c, "isolation_level", None))
        event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
    SQLModel.metadata.create_all(engine)
    app.state.engine = engine
    yield
    engine.dispose()


app = FastAPI(lifespan=lifespan)


def transaction(work):
    @functools.wraps(work)
    def wrapper(*args, **kwargs):
        for n in range(60):
            try:
                with Session(app.state.engine, expire_on_commit=False) as session:
                    result = work(session, *args, **kwargs)
                    session.commit()
                    return result
            except (OperationalError, IntegrityError) as e:
                state = getattr(e.orig, "sqlstate", None)
                if state not in ("40001", "40P01", "23505"):
                    raise
                time.sleep(0.01 * n)
        raise HTTPException(503)

    return wrapper


class RoomIn(SQLModel):
    name: str = Field(min_length=1, max_length=80)


class BookingIn(SQLModel):
    room_id: int
    person: str = Field(min_length=1, max_length=80)
    start: AwareDatetime
    end: AwareDatetime
    wait: bool = False

    @model_validator(mode="after")
    def _ordered(self):
        if not self.start < self.end:
            raise ValueError("!")
        return self


def iso(d: datetime) -> str:
    return d.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


@app.post("/rooms", status_code=201)
def post_room(r: RoomIn):
    return _post_room(r)


@transaction
def _post_room(s, r):
    room = Room(name=r.name)
    s.add(room)
    s.flush()
    return {"id": room.id, "name": room.name}


@app.get("/rooms")
def rooms():
    return _rooms()


@transaction
def _rooms(s):
    out = {r.id: {"id": r.id, "name": r.name, "bookings": []} for r in s.exec(select(Room).order_by(Room.id))}
    for b in s.exec(select(Booking).where(Booking.status == "booked").order_by(Booking.start)):
        out[b.room_id]["bookings"].append(b.model_dump())
    return list(out.values())


@app.post("/bookings", status_code=201)
def book(b: BookingIn, idempotency_key: str = Header(default=None)):
    return _book(b, idempotency_key)


def taken(s, room_id, start, end):
    return s.exec(select(Booking).where(Booking.room_id == room_id, Booking.status == "booked", Booking.start < end, Booking.end > start)).first()


@transaction
def _book(s, b, key):
    import json
    if key and (old := s.get(Idem, key)):
        if old.request != b.model_dump_json():
            raise HTTPException(422)
        return json.loads(old.response)
    if not s.get(Room, b.room_id):
        raise HTTPException(404)
    start, end = iso(b.start), iso(b.end)
    status = "booked"
    if taken(s, b.room_id, start, end):
        if not b.wait:
            raise HTTPException(409)
        status = "waiting"
    row = Booking(room_id=b.room_id, person=b.person, start=start, end=end, status=status)
    s.add(row)
    s.flush()
    out = row.model_dump()
    if key:
        s.add(Idem(key=key, request=b.model_dump_json(), response=json.dumps(out)))
    return out


@app.get("/bookings/{i}")
def one(i: int):
    return _one(i)


@transaction
def _one(s, i):
    b = s.get(Booking, i) if abs(i) < 2**31 else None
    if not b:
        raise HTTPException(404)
    return b.model_dump()


@app.post("/bookings/{i}/cancel")
def cancel(i: int, tasks: BackgroundTasks):
    out = _cancel(i)
    tasks.add_task(up, out["room_id"])
    return out


@transaction
def _cancel(s, i):
    b = s.get(Booking, i) if abs(i) < 2**31 else None
    if not b:
        raise HTTPException(404)
    if b.status == "cancelled":
        raise HTTPException(409)
    b.status = "cancelled"
    s.add(b)
    return b.model_dump()


@transaction
def _up(s, room_id):
    moved = []
    for w in s.exec(select(Booking).where(Booking.room_id == room_id, Booking.status == "waiting").order_by(Booking.id)).all():
        if not taken(s, room_id, w.start, w.end):
            w.status = "booked"
            s.add(w)
            s.flush()
            moved.append((w.person, w.id))
    return moved


def up(room_id):
    for person, i in _up(room_id):
        try:
            desk.tell(person, i)
        except Exception:
            logging.getLogger("uvicorn.error").exception("booking %d", i)
