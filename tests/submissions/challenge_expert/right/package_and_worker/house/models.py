from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

Text = Annotated[str, Field(min_length=1, max_length=80)]


class NewRoom(BaseModel):
    name: Text


class ShownRoom(NewRoom):
    id: int


class NewBooking(BaseModel):
    room_id: int
    person: Text
    start: AwareDatetime
    end: AwareDatetime
    wait: bool = False

    @model_validator(mode="after")
    def is_not_empty(self) -> "NewBooking":
        if self.start >= self.end:
            raise ValueError("end must be after start")
        return self


class ShownBooking(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    room_id: int
    person: str
    start: AwareDatetime
    end: AwareDatetime
    status: str


class RoomAndBookings(ShownRoom):
    bookings: list[ShownBooking]
