# fails: test_a_booking_is_made_and_read
# kind: wrong-body
# says: SQLite keeps no offset
import asyncio
import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

from desk import tell
from fastapi import BackgroundTasks, Depends, FastAPI, Header, HTTPException, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import DateTime, ForeignKey, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

log = logging.getLogger("rooms")
Name = Annotated[str, Field(min_length=1, max_length=80)]


class Base(DeclarativeBase):
    pass


class Room(Base):
    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    bookings: Mapped[list["Booking"]] = relationship(
        primaryjoin="and_(Booking.room_id == Room.id, Booking.status == 'booked')",
        order_by="Booking.start",
        viewonly=True,
    )


class Booking(Base):
    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    person: Mapped[str]
    start: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    end: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    status: Mapped[str]


class Key(Base):
    __tablename__ = "keys"

    key: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[str]
    answer: Mapped[str]


class RoomIn(BaseModel):
    name: Name


class RoomOut(BaseModel):
    id: int
    name: str


class BookingIn(BaseModel):
    room_id: int
    person: Name
    start: AwareDatetime
    end: AwareDatetime
    wait: bool = False

    @model_validator(mode="after")
    def check_times(self):
        if self.end <= self.start:
            raise ValueError("The end comes after the start")
        return self


class BookingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    room_id: int
    person: str
    start: datetime
    end: datetime
    status: str


class RoomWithBookings(RoomOut):
    bookings: list[BookingOut]


def database_url() -> str:
    file = Path(__file__).with_name("rooms.db")
    return os.environ.get("DATABASE_URL", f"sqlite+aiosqlite:///{file}")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    engine = create_async_engine(database_url())
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    app.state.new_session = async_sessionmaker(engine, expire_on_commit=False)
    yield
    await engine.dispose()


app = FastAPI(title="Room booking", lifespan=lifespan)


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.new_session() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]


@app.post("/rooms", status_code=201, response_model=RoomOut)
async def create_room(new: RoomIn, session: SessionDep) -> Room:
    room = Room(name=new.name)
    session.add(room)
    await session.commit()
    return room


@app.get("/rooms", response_model=list[RoomWithBookings])
async def list_rooms(session: SessionDep) -> Sequence[Room]:
    rooms = select(Room).order_by(Room.id).options(selectinload(Room.bookings))
    return (await session.scalars(rooms)).all()


async def lock_room(session: AsyncSession, room_id: int) -> None:
    found = await session.scalar(
        update(Room).where(Room.id == room_id).values(name=Room.name).returning(Room.id)
    )
    if found is None:
        raise HTTPException(404, "No such room")


async def is_taken(session: AsyncSession, room_id: int, start: datetime, end: datetime) -> bool:
    other = await session.scalar(
        select(Booking.id)
        .where(Booking.room_id == room_id, Booking.status == "booked")
        .where(Booking.start < end, Booking.end > start)
        .limit(1)
    )
    return other is not None


@app.post("/bookings", status_code=201)
async def create_booking(
    new: BookingIn,
    session: SessionDep,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> BookingOut:
    body = new.model_dump_json()
    key = Key(key=idempotency_key, request=body, answer="")
    if idempotency_key is not None:
        session.add(key)
        try:
            await session.flush()
        except IntegrityError:
            await session.rollback()
            known = await session.get_one(Key, idempotency_key)
            if known.request != body:
                raise HTTPException(422, "This key was used with another body") from None
            return BookingOut.model_validate_json(known.answer)
    await lock_room(session, new.room_id)
    taken = await is_taken(session, new.room_id, new.start, new.end)
    if taken and not new.wait:
        raise HTTPException(409, "The room is taken")
    booking = Booking(**new.model_dump(exclude={"wait"}), status="waiting" if taken else "booked")
    session.add(booking)
    await session.flush()
    answer = BookingOut.model_validate(booking)
    key.answer = answer.model_dump_json()
    await session.commit()
    return answer


async def find_booking(session: AsyncSession, booking_id: int) -> Booking:
    booking = await session.get(Booking, booking_id)
    if booking is None:
        raise HTTPException(404, "No such booking")
    return booking


@app.get("/bookings/{booking_id}", response_model=BookingOut)
async def read_booking(booking_id: int, session: SessionDep) -> Booking:
    return await find_booking(session, booking_id)


@app.post("/bookings/{booking_id}/cancel", response_model=BookingOut)
async def cancel_booking(
    booking_id: int, session: SessionDep, request: Request, tasks: BackgroundTasks
) -> Booking:
    booking = await find_booking(session, booking_id)
    await lock_room(session, booking.room_id)
    await session.refresh(booking)
    if booking.status == "cancelled":
        raise HTTPException(409, "The booking is cancelled already")
    booking.status = "cancelled"
    await session.commit()
    tasks.add_task(move_up, request.app.state.new_session, booking.room_id)
    return booking


async def move_up(new_session: async_sessionmaker[AsyncSession], room_id: int) -> None:
    moved = []
    async with new_session() as session:
        await lock_room(session, room_id)
        waiting = await session.scalars(
            select(Booking)
            .where(Booking.room_id == room_id, Booking.status == "waiting")
            .order_by(Booking.id)
        )
        for booking in waiting.all():
            if not await is_taken(session, room_id, booking.start, booking.end):
                booking.status = "booked"
                moved.append(booking)
        await session.commit()
    for booking in moved:
        try:
            await asyncio.to_thread(tell, booking.person, booking.id)
        except Exception:
            log.exception("Nobody was told about booking %s", booking.id)
