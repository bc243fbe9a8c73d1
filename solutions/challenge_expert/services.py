"""The rules. Whoever changes the bookings of a room locks the room first."""

import asyncio
import logging
from datetime import datetime

from database import NewSession
from desk import tell
from fastapi import HTTPException
from models import Booking, Remembered, Room
from schemas import BookingIn, BookingOut
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

log = logging.getLogger("rooms")


async def lock_room(session: AsyncSession, room_id: int) -> None:
    """Everybody else who wants this lock waits until our transaction ends.

    An UPDATE that changes nothing: PostgreSQL locks the row, and SQLite the database.
    """
    locked = await session.scalar(
        update(Room).where(Room.id == room_id).values(name=Room.name).returning(Room.id)
    )
    if locked is None:
        raise HTTPException(404, "No such room")


async def is_taken(session: AsyncSession, room_id: int, start: datetime, end: datetime) -> bool:
    """Bookings that touch do not overlap: the end does not belong to it."""
    other = await session.scalar(
        select(Booking.id)
        .where(Booking.room_id == room_id, Booking.status == "booked")
        .where(Booking.start < end, Booking.end > start)
        .limit(1)
    )
    return other is not None


async def book(session: AsyncSession, new: BookingIn, key: str | None) -> BookingOut:
    request = new.model_dump_json()
    remembered = Remembered(key=key, request=request, answer="")
    if key is not None:
        session.add(remembered)
        try:
            # A twin that came at the same time waits here for our commit.
            await session.flush()
        except IntegrityError:
            await session.rollback()
            return await answer_again(session, key, request)
    await lock_room(session, new.room_id)
    taken = await is_taken(session, new.room_id, new.start, new.end)
    if taken and not new.wait:
        raise HTTPException(409, "The room is taken at this time")
    booking = Booking(**new.model_dump(exclude={"wait"}), status="waiting" if taken else "booked")
    session.add(booking)
    await session.flush()
    answer = BookingOut.model_validate(booking)
    remembered.answer = answer.model_dump_json()
    await session.commit()
    return answer


async def answer_again(session: AsyncSession, key: str, request: str) -> BookingOut:
    remembered = await session.get_one(Remembered, key)
    if remembered.request != request:
        raise HTTPException(422, "This Idempotency-Key belongs to another request")
    return BookingOut.model_validate_json(remembered.answer)


async def get_booking(session: AsyncSession, booking_id: int) -> Booking:
    booking = await session.get(Booking, booking_id)
    if booking is None:
        raise HTTPException(404, "No such booking")
    return booking


async def cancel(session: AsyncSession, booking_id: int) -> Booking:
    booking = await get_booking(session, booking_id)
    await lock_room(session, booking.room_id)
    await session.refresh(booking)
    if booking.status == "cancelled":
        raise HTTPException(409, "The booking is cancelled already")
    booking.status = "cancelled"
    await session.commit()
    return booking


async def move_up(new_session: NewSession, room_id: int) -> None:
    """A task. Who waits gets the room, the first ones first, and is told so."""
    async with new_session() as session:
        await lock_room(session, room_id)
        waiting = await session.scalars(
            select(Booking)
            .where(Booking.room_id == room_id, Booking.status == "waiting")
            .order_by(Booking.id)
        )
        lucky = []
        for booking in waiting.all():
            if not await is_taken(session, room_id, booking.start, booking.end):
                booking.status = "booked"
                lucky.append(booking)
        await session.commit()
    for booking in lucky:
        try:
            await asyncio.to_thread(tell, booking.person, booking.id)
        except Exception:
            log.exception("Nobody was told about booking %s", booking.id)
