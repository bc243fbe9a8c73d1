# fails: test_one_of_twenty_gets_the_room
# kind: wrong-body
# says: looked before another one wrote
# SQLite does not know FOR UPDATE and says nothing.
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from desk import tell
from fastapi import BackgroundTasks, Depends, FastAPI, Header, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    ValidationInfo,
    field_validator,
)
from sqlalchemy import DateTime, ForeignKey, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Room(Base):
    __tablename__ = "room"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Booking(Base):
    __tablename__ = "booking"

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    person: Mapped[str]
    start: Mapped[datetime] = mapped_column(DateTime)  # in UTC, without saying so
    end: Mapped[datetime] = mapped_column(DateTime)
    status: Mapped[str]


class Key(Base):
    __tablename__ = "idempotency_key"

    key: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str]
    answer: Mapped[str]


Text = Annotated[str, Field(min_length=1, max_length=80)]
Moment = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


class RoomIn(BaseModel):
    name: Text


class RoomOut(RoomIn):
    id: int


class BookingIn(BaseModel):
    room_id: int
    person: Text
    start: Moment
    end: Moment
    wait: bool = False

    @field_validator("end")
    @classmethod
    def comes_after_the_start(cls, end: datetime, info: ValidationInfo) -> datetime:
        if "start" in info.data and end <= info.data["start"]:
            raise ValueError("The end must come after the start")
        return end


class BookingOut(BaseModel):
    id: int
    room_id: int
    person: str
    start: datetime
    end: datetime
    status: str

    @classmethod
    def of(cls, booking: Booking) -> "BookingOut":
        return cls(
            id=booking.id,
            room_id=booking.room_id,
            person=booking.person,
            start=booking.start.replace(tzinfo=UTC),
            end=booking.end.replace(tzinfo=UTC),
            status=booking.status,
        )


class FullRoom(RoomOut):
    bookings: list[BookingOut]


def database_url() -> str:
    return os.environ.get("DATABASE_URL") or f"sqlite+aiosqlite:///{Path(__file__).parent}/rooms.db"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, object]]:
    engine = create_async_engine(database_url())
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield {"sessions": async_sessionmaker(engine, expire_on_commit=False)}
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.state.sessions() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]


@app.post("/rooms", status_code=201)
async def add_room(new: RoomIn, session: SessionDep) -> RoomOut:
    room = Room(name=new.name)
    session.add(room)
    await session.commit()
    return RoomOut(id=room.id, name=room.name)


@app.get("/rooms")
async def get_rooms(session: SessionDep) -> list[FullRoom]:
    rooms = await session.scalars(select(Room).order_by(Room.id))
    found = {room.id: FullRoom(id=room.id, name=room.name, bookings=[]) for room in rooms}
    bookings = await session.scalars(
        select(Booking).where(Booking.status == "booked").order_by(Booking.start)
    )
    for booking in bookings:
        found[booking.room_id].bookings.append(BookingOut.of(booking))
    return list(found.values())


async def is_taken(session: AsyncSession, wanted: BookingIn | Booking) -> bool:
    query = select(Booking).where(
        Booking.room_id == wanted.room_id,
        Booking.status == "booked",
        Booking.start < wanted.end.replace(tzinfo=None),
        Booking.end > wanted.start.replace(tzinfo=None),
    )
    return (await session.scalars(query)).first() is not None


async def answered_before(session: AsyncSession, key: str | None, body: str) -> BookingOut | None:
    found = await session.get(Key, key) if key else None
    if found is None:
        return None
    if found.body != body:
        raise HTTPException(422, "Another request had this key")
    return BookingOut.model_validate_json(found.answer)


@app.post("/bookings", status_code=201)
async def add_booking(
    new: BookingIn,
    session: SessionDep,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> BookingOut:
    body = new.model_dump_json()
    if not await session.get(Room, new.room_id, with_for_update=True):
        raise HTTPException(404)
    if before := await answered_before(session, idempotency_key, body):
        return before
    booking = Booking(
        room_id=new.room_id,
        person=new.person,
        start=new.start.replace(tzinfo=None),
        end=new.end.replace(tzinfo=None),
        status="booked",
    )
    if await is_taken(session, new):
        if not new.wait:
            raise HTTPException(409)
        booking.status = "waiting"
    session.add(booking)
    await session.flush()
    answer = BookingOut.of(booking)
    if idempotency_key:
        session.add(Key(key=idempotency_key, body=body, answer=answer.model_dump_json()))
    try:
        await session.commit()
    except IntegrityError:
        # A twin for another room had the same key. What we have written goes with the rollback.
        await session.rollback()
        return await answered_before(session, idempotency_key, body)
    return answer


async def find(session: AsyncSession, booking_id: int) -> Booking:
    booking = await session.get(Booking, booking_id)
    if not booking:
        raise HTTPException(404)
    return booking


@app.get("/bookings/{booking_id}")
async def get_booking(booking_id: int, session: SessionDep) -> BookingOut:
    return BookingOut.of(await find(session, booking_id))


@app.post("/bookings/{booking_id}/cancel")
async def cancel_booking(
    booking_id: int, session: SessionDep, request: Request, tasks: BackgroundTasks
) -> BookingOut:
    booking = await find(session, booking_id)
    await session.get(Room, booking.room_id, with_for_update=True)
    await session.refresh(booking)
    if booking.status == "cancelled":
        raise HTTPException(409)
    booking.status = "cancelled"
    await session.commit()
    tasks.add_task(fill_the_gap, request.state.sessions, booking.room_id)
    return BookingOut.of(booking)


async def fill_the_gap(sessions, room_id: int) -> None:
    winners = []
    async with sessions.begin() as session:
        await session.get(Room, room_id, with_for_update=True)
        query = select(Booking).where(Booking.room_id == room_id, Booking.status == "waiting")
        for booking in (await session.scalars(query.order_by(Booking.id))).all():
            if not await is_taken(session, booking):
                booking.status = "booked"
                winners.append((booking.person, booking.id))
    for person, booking_id in winners:
        try:
            await run_in_threadpool(tell, person, booking_id)
        except Exception as error:
            logging.error("booking %s: %r", booking_id, error)
