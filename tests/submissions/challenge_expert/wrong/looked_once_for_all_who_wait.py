# fails: test_who_waits_first_moves_up
# kind: wrong-body
# says: takes the room from the other one
# Each one is compared with those who are booked, and not with those who have just moved up.
import asyncio
import logging
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import desk
from fastapi import (
    APIRouter,
    BackgroundTasks,
    Depends,
    FastAPI,
    Header,
    HTTPException,
)
from fastapi import (
    Path as InPath,
)
from pydantic import AwareDatetime, BaseModel, Field, model_validator
from sqlalchemy import JSON, ForeignKey, String, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

log = logging.getLogger(__name__)
sessions = async_sessionmaker(expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Booking(Base):
    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    person: Mapped[str]
    # Always in UTC and always as long, so that the order of the texts is that of the moments.
    start: Mapped[str] = mapped_column(String(32))
    end: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(default="booked")


class Room(Base):
    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    version: Mapped[int] = mapped_column(default=0)
    all_bookings: Mapped[list[Booking]] = relationship(order_by=Booking.start)

    @property
    def bookings(self) -> list[Booking]:
        return [booking for booking in self.all_bookings if booking.status == "booked"]


class Answer(Base):
    __tablename__ = "answers"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    asked: Mapped[dict] = mapped_column(JSON)
    said: Mapped[dict] = mapped_column(JSON)


def as_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


class RoomIn(BaseModel):
    name: str = Field(min_length=1, max_length=80)


class RoomOut(BaseModel):
    id: int
    name: str


class BookingIn(BaseModel):
    room_id: int
    person: str = Field(min_length=1, max_length=80)
    start: AwareDatetime
    end: AwareDatetime
    wait: bool = False

    @model_validator(mode="after")
    def check_order(self):
        assert self.start < self.end, "the start must come first"
        return self


class BookingOut(BaseModel, from_attributes=True):
    id: int
    room_id: int
    person: str
    start: str
    end: str
    status: str


class FullRoom(RoomOut):
    bookings: list[BookingOut]


class Outdated(Exception):
    """Somebody else has changed the bookings of the room since we looked."""


@asynccontextmanager
async def lifespan(app: FastAPI):
    url = os.getenv("DATABASE_URL", f"sqlite+aiosqlite:///{Path(__file__).with_name('rooms.db')}")
    engine = create_async_engine(url)
    sessions.configure(bind=engine)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    try:
        yield
    finally:
        await engine.dispose()


async def get_session():
    async with sessions() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
BookingId = Annotated[int, InPath(alias="booking_id")]
router = APIRouter()


async def version_of(session, room_id) -> int:
    version = await session.scalar(select(Room.version).where(Room.id == room_id))
    if version is None:
        raise HTTPException(404, "No such room")
    return version


async def next_version(session, room_id, version) -> None:
    result = await session.execute(
        update(Room)
        .where(Room.id == room_id, Room.version == version)
        .values(version=version + 1)
        .execution_options(synchronize_session=False)
    )
    if result.rowcount != 1:
        raise Outdated


async def again_when_outdated(session, step):
    while True:
        try:
            result = await step()
            await session.commit()
            return result
        except Outdated:
            await session.rollback()
            await asyncio.sleep(0)


async def taken(session, room_id, start, end) -> bool:
    overlapping = select(Booking.id).where(
        Booking.room_id == room_id,
        Booking.status == "booked",
        Booking.start < end,
        Booking.end > start,
    )
    return bool((await session.scalars(overlapping)).all())


@router.post("/rooms", status_code=201, response_model=RoomOut)
async def create_room(new: RoomIn, session: SessionDep):
    room = Room(name=new.name)
    session.add(room)
    await session.commit()
    return room


@router.get("/rooms", response_model=list[FullRoom])
async def list_rooms(session: SessionDep):
    query = select(Room).options(selectinload(Room.all_bookings)).order_by(Room.id)
    return (await session.scalars(query)).all()


@router.post("/bookings", status_code=201, response_model=BookingOut)
async def create_booking(
    new: BookingIn,
    session: SessionDep,
    key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
):
    asked = new.model_dump(mode="json")
    start, end = as_text(new.start), as_text(new.end)

    async def book() -> dict:
        version = await version_of(session, new.room_id)
        status = "booked"
        if await taken(session, new.room_id, start, end):
            if not new.wait:
                raise HTTPException(409, "Taken")
            status = "waiting"
        await next_version(session, new.room_id, version)
        booking = Booking(
            room_id=new.room_id, person=new.person, start=start, end=end, status=status
        )
        session.add(booking)
        await session.flush()
        said = BookingOut.model_validate(booking).model_dump()
        if key is not None:
            session.add(Answer(key=key, asked=asked, said=said))
            try:
                await session.flush()
            except IntegrityError:
                raise Outdated from None
        return said

    async def book_once() -> dict:
        before = await session.get(Answer, key) if key is not None else None
        if before is None:
            return await book()
        if before.asked != asked:
            raise HTTPException(422, "The key was used for something else")
        return before.said

    async def book_or_look_again() -> dict:
        try:
            return await book_once()
        except HTTPException as refusal:
            if refusal.status_code == 409 and key is not None:
                # A twin may have taken the room meanwhile: then its answer is ours.
                await session.rollback()
                if await session.get(Answer, key) is not None:
                    return await book_once()
            raise

    return await again_when_outdated(session, book_or_look_again)


@router.get("/bookings/{booking_id}", response_model=BookingOut)
async def read_booking(booking_id: BookingId, session: SessionDep):
    booking = await session.get(Booking, booking_id, populate_existing=True)
    if booking is None:
        raise HTTPException(404, "No such booking")
    return booking


@router.post("/bookings/{booking_id}/cancel", response_model=BookingOut)
async def cancel_booking(booking_id: BookingId, session: SessionDep, tasks: BackgroundTasks):
    async def cancel():
        room_id = (await read_booking(booking_id, session)).room_id
        version = await version_of(session, room_id)
        booking = await read_booking(booking_id, session)
        if booking.status == "cancelled":
            raise HTTPException(409, "Cancelled before")
        await next_version(session, room_id, version)
        booking.status = "cancelled"
        return booking

    booking = await again_when_outdated(session, cancel)
    tasks.add_task(move_up, booking.room_id)
    return booking


async def move_up(room_id: int):
    async with sessions() as session:

        async def promote():
            version = await version_of(session, room_id)
            query = select(Booking).where(Booking.room_id == room_id, Booking.status == "waiting")
            waiting = await session.scalars(
                query.order_by(Booking.id), execution_options={"populate_existing": True}
            )
            free = []
            for booking in waiting.all():
                if not await taken(session, room_id, booking.start, booking.end):
                    free.append(booking)
            if free:
                await next_version(session, room_id, version)
            for booking in free:
                booking.status = "booked"
            return [(booking.person, booking.id) for booking in free]

        moved = await again_when_outdated(session, promote)
    outcomes = await asyncio.gather(
        *(asyncio.to_thread(desk.tell, person, number) for person, number in moved),
        return_exceptions=True,
    )
    for (_, number), outcome in zip(moved, outcomes, strict=True):
        if isinstance(outcome, Exception):
            log.error("booking %s: nobody was told", number, exc_info=outcome)


app = FastAPI(title="Rooms", lifespan=lifespan)
app.include_router(router)
