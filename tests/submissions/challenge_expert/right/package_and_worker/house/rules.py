import hashlib
from dataclasses import dataclass
from datetime import UTC

from sqlalchemy import exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from .models import NewBooking, ShownBooking
from .tables import Booking, Request, Room


class NotFound(Exception):
    pass


class Taken(Exception):
    pass


class KeyOfAnother(Exception):
    pass


@dataclass
class House:
    session: AsyncSession

    async def lock(self, room_id: int) -> None:
        result = await self.session.execute(
            update(Room).where(Room.id == room_id).values(changes=Room.changes + 1)
        )
        if result.rowcount == 0:
            raise NotFound("room")

    async def is_taken(self, booking: Booking) -> bool:
        others = select(Booking).where(
            Booking.room_id == booking.room_id,
            Booking.booked,
            ~Booking.cancelled,
            Booking.start_utc < booking.end_utc,
            Booking.end_utc > booking.start_utc,
        )
        return await self.session.scalar(select(exists(others)))

    async def book(self, new: NewBooking, key: str | None) -> ShownBooking:
        body = hashlib.sha256(new.model_dump_json().encode()).hexdigest()
        if key is not None and not await self.claim(key, body):
            return await self.answer_again(key, body)
        await self.lock(new.room_id)
        booking = Booking(
            room_id=new.room_id,
            person=new.person,
            start_utc=new.start.astimezone(UTC).replace(tzinfo=None),
            end_utc=new.end.astimezone(UTC).replace(tzinfo=None),
        )
        booking.booked = not await self.is_taken(booking)
        if not booking.booked and not new.wait:
            raise Taken
        self.session.add(booking)
        await self.session.flush()
        if key is not None:
            request = await self.session.get_one(Request, key)
            request.booking_id, request.status = booking.id, booking.status
        return ShownBooking.model_validate(booking)

    async def claim(self, key: str, body: str) -> bool:
        """Whether the key is ours. Who comes second waits here for the first one's commit."""
        dialects = {"sqlite": sqlite, "postgresql": postgresql}
        insert = dialects[self.session.get_bind().dialect.name].insert
        result = await self.session.execute(
            insert(Request).values(key=key, body=body).on_conflict_do_nothing()
        )
        return result.rowcount == 1

    async def answer_again(self, key: str, body: str) -> ShownBooking:
        request = await self.session.get_one(Request, key)
        if request.body != body:
            raise KeyOfAnother
        booking = ShownBooking.model_validate(await self.find(request.booking_id))
        return booking.model_copy(update={"status": request.status})

    async def find(self, booking_id: int) -> Booking:
        booking = await self.session.get(Booking, booking_id)
        if booking is None:
            raise NotFound("booking")
        return booking

    async def cancel(self, booking_id: int) -> Booking:
        booking = await self.find(booking_id)
        await self.lock(booking.room_id)
        await self.session.refresh(booking)
        if booking.cancelled:
            raise Taken
        booking.cancelled = True
        return booking

    async def move_up(self, room_id: int) -> list[Booking]:
        await self.lock(room_id)
        waiting = await self.session.scalars(
            select(Booking)
            .where(Booking.room_id == room_id, ~Booking.booked, ~Booking.cancelled)
            .order_by(Booking.id)
        )
        moved = []
        for booking in waiting.all():
            if not await self.is_taken(booking):
                booking.booked = True
                moved.append(booking)
        return moved
