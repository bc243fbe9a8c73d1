from datetime import UTC, datetime

from sqlalchemy import DateTime, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Room(Base):
    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    changes: Mapped[int] = mapped_column(default=0)


class Booking(Base):
    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    person: Mapped[str]
    start_utc: Mapped[datetime] = mapped_column(DateTime)
    end_utc: Mapped[datetime] = mapped_column(DateTime)
    booked: Mapped[bool]
    cancelled: Mapped[bool] = mapped_column(default=False)

    @property
    def start(self) -> datetime:
        return self.start_utc.replace(tzinfo=UTC)

    @property
    def end(self) -> datetime:
        return self.end_utc.replace(tzinfo=UTC)

    @property
    def status(self) -> str:
        return "cancelled" if self.cancelled else "booked" if self.booked else "waiting"


class Request(Base):
    __tablename__ = "requests"

    key: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str]
    booking_id: Mapped[int | None]
    status: Mapped[str | None]
