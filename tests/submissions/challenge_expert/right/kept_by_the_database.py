# The database itself refuses overlaps: an exclusion constraint on PostgreSQL, triggers on SQLite.
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Self

from desk import tell
from fastapi import BackgroundTasks, Depends, FastAPI, Header, HTTPException
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, Field, field_serializer, model_validator
from sqlalchemy import DDL, DateTime, ForeignKey, event, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

log = logging.getLogger("house")
Name = Annotated[str, Field(min_length=1, max_length=80)]


class Base(DeclarativeBase):
    pass


class Room(Base):
    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    bookings: Mapped[list["Booking"]] = relationship(
        primaryjoin="and_(Booking.room_id == Room.id, Booking.status == 'booked')",
        order_by="Booking.starts",
        viewonly=True,
    )


class Booking(Base):
    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    person: Mapped[str]
    starts: Mapped[datetime] = mapped_column(DateTime)
    ends: Mapped[datetime] = mapped_column(DateTime)
    status: Mapped[str]

    @property
    def start(self) -> datetime:
        return self.starts.replace(tzinfo=UTC)

    @property
    def end(self) -> datetime:
        return self.ends.replace(tzinfo=UTC)


class Key(Base):
    __tablename__ = "keys"

    key: Mapped[str] = mapped_column(primary_key=True)
    asked: Mapped[str]
    answered: Mapped[str] = mapped_column(default="")


TRIGGER = """
CREATE TRIGGER IF NOT EXISTS no_overlap_on_%(when)s BEFORE %(when)s ON bookings
WHEN NEW.status = 'booked' AND EXISTS (
    SELECT 1 FROM bookings
    WHERE room_id = NEW.room_id AND status = 'booked' AND id IS NOT NEW.id
    AND starts < NEW.ends AND ends > NEW.starts
)
BEGIN SELECT RAISE(ABORT, 'overlap'); END
"""
for when in ("INSERT", "UPDATE"):
    event.listen(
        Booking.__table__,
        "after_create",
        DDL(TRIGGER % {"when": when}).execute_if(dialect="sqlite"),
    )
for line in (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    "ALTER TABLE bookings ADD CONSTRAINT no_overlap EXCLUDE USING gist "
    "(room_id WITH =, tsrange(starts, ends) WITH &&) WHERE (status = 'booked')",
):
    event.listen(Booking.__table__, "after_create", DDL(line).execute_if(dialect="postgresql"))


class RoomIn(BaseModel):
    name: Name


class RoomOut(BaseModel):
    id: int
    name: str


class BookingIn(BaseModel):
    room_id: Annotated[int, Field(ge=0, lt=2**31)]
    person: Name
    start: AwareDatetime
    end: AwareDatetime
    wait: bool = False

    @model_validator(mode="after")
    def lasts(self) -> Self:
        if not self.start < self.end:
            raise ValueError("It must last for a while")
        return self


class BookingOut(BaseModel, from_attributes=True):
    id: int
    room_id: int
    person: str
    start: datetime
    end: datetime
    status: str

    @field_serializer("start", "end")
    def with_offset(self, moment: datetime) -> str:
        return moment.isoformat()


class RoomWithBookings(RoomOut):
    bookings: list[BookingOut]


new_session = async_sessionmaker(expire_on_commit=False)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    here = Path(__file__).with_name("rooms.db")
    engine = create_async_engine(os.environ.get("DATABASE_URL", f"sqlite+aiosqlite:///{here}"))
    new_session.configure(bind=engine)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
app = FastAPI(lifespan=lifespan)


@app.post("/rooms", status_code=201, response_model=RoomOut)
async def create_room(new: RoomIn, session: SessionDep) -> Room:
    room = Room(name=new.name)
    session.add(room)
    await session.commit()
    return room


@app.get("/rooms", response_model=list[RoomWithBookings])
async def list_rooms(session: SessionDep) -> list[Room]:
    query = select(Room).options(selectinload(Room.bookings)).order_by(Room.id)
    return list(await session.scalars(query))


async def try_to_book(session: AsyncSession, new: BookingIn, key: Key, status: str) -> BookingOut:
    if key.key:
        session.add(key)
        await session.flush()
    if await session.get(Room, new.room_id) is None:
        raise HTTPException(404, "No such room")
    booking = Booking(
        room_id=new.room_id,
        person=new.person,
        starts=new.start.astimezone(UTC).replace(tzinfo=None),
        ends=new.end.astimezone(UTC).replace(tzinfo=None),
        status=status,
    )
    session.add(booking)
    await session.flush()
    answer = BookingOut.model_validate(booking)
    key.answered = answer.model_dump_json()
    await session.commit()
    return answer


@app.post("/bookings", status_code=201)
async def create_booking(
    new: BookingIn,
    session: SessionDep,
    idempotency_key: Annotated[str, Header(max_length=200)] = "",
) -> BookingOut:
    asked = new.model_dump_json()
    for status in ("booked", "waiting"):
        key = Key(key=idempotency_key, asked=asked)
        try:
            return await try_to_book(session, new, key, status)
        except IntegrityError:
            await session.rollback()
        before = await session.get(Key, idempotency_key)
        if before is not None and before.asked == asked:
            return BookingOut.model_validate_json(before.answered)
        if before is not None:
            raise HTTPException(422, "The key belongs to another request")
        if not new.wait:
            break
    raise HTTPException(409, "Taken")


@app.get("/bookings/{booking_id}", response_model=BookingOut)
async def read_booking(booking_id: int, session: SessionDep) -> Booking:
    booking = await session.get(Booking, booking_id)
    if booking is None:
        raise HTTPException(404, "No such booking")
    return booking


@app.post("/bookings/{booking_id}/cancel", response_model=BookingOut)
async def cancel_booking(booking_id: int, session: SessionDep, tasks: BackgroundTasks) -> Booking:
    booking = await read_booking(booking_id, session)
    changed = await session.scalar(
        update(Booking)
        .where(Booking.id == booking_id, Booking.status != "cancelled")
        .values(status="cancelled")
        .returning(Booking.id)
    )
    if changed is None:
        raise HTTPException(409, "Cancelled before")
    await session.commit()
    tasks.add_task(move_up, booking.room_id)
    return booking


async def move_up(room_id: int) -> None:
    async with new_session() as session:
        waiting = await session.execute(
            select(Booking.id, Booking.person)
            .where(Booking.room_id == room_id, Booking.status == "waiting")
            .order_by(Booking.id)
        )
        everybody = waiting.all()
    for booking_id, person in everybody:
        async with new_session() as session:
            try:
                moved = await session.scalar(
                    update(Booking)
                    .where(Booking.id == booking_id, Booking.status == "waiting")
                    .values(status="booked")
                    .returning(Booking.id)
                )
                await session.commit()
            except IntegrityError:
                continue
        if moved:
            await ring(person, booking_id)


async def ring(person: str, booking_id: int) -> None:
    try:
        await run_in_threadpool(tell, person, booking_id)
    except Exception:
        log.exception("No call about %s", booking_id)
