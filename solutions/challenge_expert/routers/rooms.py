from collections.abc import Sequence

from database import SessionDep
from fastapi import APIRouter
from models import Room
from schemas import RoomIn, RoomOut, RoomWithBookings
from sqlalchemy import select
from sqlalchemy.orm import selectinload

router = APIRouter(prefix="/rooms", tags=["rooms"])


@router.post("", status_code=201, response_model=RoomOut)
async def create_room(new: RoomIn, session: SessionDep) -> Room:
    room = Room(name=new.name)
    session.add(room)
    await session.commit()
    return room


@router.get("", response_model=list[RoomWithBookings])
async def list_rooms(session: SessionDep) -> Sequence[Room]:
    rooms = select(Room).order_by(Room.id).options(selectinload(Room.bookings))
    return (await session.scalars(rooms)).all()
