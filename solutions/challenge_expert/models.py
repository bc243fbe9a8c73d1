"""The tables."""

from datetime import UTC, datetime
from typing import ClassVar

from sqlalchemy import DateTime, Dialect, ForeignKey, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Moment(TypeDecorator[datetime]):
    """Kept in UTC. SQLite has no time zones, and gives back what looks like local time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and (value if value.tzinfo else value.replace(tzinfo=UTC))


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {datetime: Moment}


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
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"), index=True)
    person: Mapped[str]
    start: Mapped[datetime]
    end: Mapped[datetime]
    status: Mapped[str]


class Remembered(Base):
    """What was answered to the request that brought this key first."""

    __tablename__ = "remembered"

    key: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[str]
    answer: Mapped[str]
