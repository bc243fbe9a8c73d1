"""What clients send and what they get."""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(min_length=1, max_length=80)]


class RoomIn(BaseModel):
    name: Name


class RoomOut(BaseModel):
    id: int
    name: str


class BookingIn(BaseModel):
    room_id: Annotated[int, Field(ge=1, le=2_000_000_000)]
    person: Name
    start: AwareDatetime
    end: AwareDatetime
    wait: bool = False

    @model_validator(mode="after")
    def ends_after_its_start(self) -> Self:
        if self.end <= self.start:
            raise ValueError("A booking ends after its start")
        return self


class BookingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    room_id: int
    person: str
    start: AwareDatetime
    end: AwareDatetime
    status: Literal["booked", "waiting", "cancelled"]


class RoomWithBookings(RoomOut):
    bookings: list[BookingOut]
