import asyncio
import logging
import os
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated

import desk
from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from .models import NewBooking, NewRoom, RoomAndBookings, ShownBooking, ShownRoom
from .rules import House, KeyOfAnother, NotFound, Taken
from .tables import Base, Booking, Room

router = APIRouter()
log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app):
    file = Path(__file__).parent.parent / "rooms.db"
    engine = create_async_engine(os.environ.get("DATABASE_URL", f"sqlite+aiosqlite:///{file}"))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    app.state.freed = asyncio.Queue()
    worker = asyncio.create_task(work(app))
    yield
    await app.state.freed.join()
    worker.cancel()
    with suppress(asyncio.CancelledError):
        await worker
    await engine.dispose()


async def work(app):
    while True:
        answered, room_id = await app.state.freed.get()
        await answered.wait()
        try:
            async with app.state.sessions.begin() as session:
                moved = await House(session).move_up(room_id)
            for booking in moved:
                await ring(booking)
        except Exception:
            log.exception("room %s: nobody moved up", room_id)
        app.state.freed.task_done()


async def ring(booking):
    try:
        await asyncio.to_thread(desk.tell, booking.person, booking.id)
    except Exception:
        log.exception("nobody told for booking %s", booking.id)


async def get_house(request: Request):
    async with request.app.state.sessions.begin() as session:
        yield House(session)


# With this scope, the session commits before the answer leaves.
HouseDep = Annotated[House, Depends(get_house, scope="function")]


async def get_answered():
    """Set when the answer has left, whatever it was."""
    answered = asyncio.Event()
    try:
        yield answered
    finally:
        answered.set()


@router.post("/rooms", status_code=201)
async def create_room(new: NewRoom, house: HouseDep) -> ShownRoom:
    room = Room(name=new.name)
    house.session.add(room)
    await house.session.flush()
    return ShownRoom(id=room.id, name=room.name)


@router.get("/rooms")
async def list_rooms(house: HouseDep) -> list[RoomAndBookings]:
    held = defaultdict(list)
    query = select(Booking).where(Booking.booked, ~Booking.cancelled)
    for booking in await house.session.scalars(query.order_by(Booking.start_utc)):
        held[booking.room_id].append(ShownBooking.model_validate(booking))
    rooms = await house.session.scalars(select(Room).order_by(Room.id))
    return [RoomAndBookings(id=r.id, name=r.name, bookings=held[r.id]) for r in rooms]


@router.post("/bookings", status_code=201)
async def create_booking(
    new: NewBooking, house: HouseDep, idempotency_key: Annotated[str | None, Header()] = None
) -> ShownBooking:
    return await house.book(new, idempotency_key)


@router.get("/bookings/{booking_id}")
async def read_booking(booking_id: int, house: HouseDep) -> ShownBooking:
    return await house.find(booking_id)


@router.post("/bookings/{booking_id}/cancel")
async def cancel_booking(
    booking_id: int,
    request: Request,
    house: HouseDep,
    answered: Annotated[asyncio.Event, Depends(get_answered)],
) -> ShownBooking:
    booking = await house.cancel(booking_id)
    await request.app.state.freed.put((answered, booking.room_id))
    return booking


def refuse(status, text):
    async def handler(request, error):
        return JSONResponse({"detail": text}, status)

    return handler


def create_app():
    app = FastAPI(title="A house with rooms", lifespan=lifespan)
    app.include_router(router)
    app.add_exception_handler(NotFound, refuse(404, "There is no such thing"))
    app.add_exception_handler(Taken, refuse(409, "Somebody was here before"))
    app.add_exception_handler(KeyOfAnother, refuse(422, "This key belongs to another request"))
    return app
