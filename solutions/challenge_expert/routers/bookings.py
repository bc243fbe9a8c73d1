from typing import Annotated

import services
from database import NewSessionDep, SessionDep
from fastapi import APIRouter, BackgroundTasks, Header
from models import Booking
from schemas import BookingIn, BookingOut

router = APIRouter(prefix="/bookings", tags=["bookings"])


@router.post("", status_code=201)
async def create_booking(
    new: BookingIn,
    session: SessionDep,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> BookingOut:
    return await services.book(session, new, idempotency_key)


@router.get("/{booking_id}", response_model=BookingOut)
async def read_booking(booking_id: int, session: SessionDep) -> Booking:
    return await services.get_booking(session, booking_id)


@router.post("/{booking_id}/cancel", response_model=BookingOut)
async def cancel_booking(
    booking_id: int, session: SessionDep, new_session: NewSessionDep, tasks: BackgroundTasks
) -> Booking:
    booking = await services.cancel(session, booking_id)
    tasks.add_task(services.move_up, new_session, booking.room_id)
    return booking
