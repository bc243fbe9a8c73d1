# model_fields_set, and a validator that refuses null.
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, field_validator


class Profile(BaseModel):
    name: str
    city: str | None
    newsletter: bool


class Changes(BaseModel):
    name: str | None = None
    city: str | None = None
    newsletter: bool | None = None

    @field_validator("name", "newsletter")
    @classmethod
    def is_not_null(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("This cannot be null")
        return value


app = FastAPI()
profile = Profile(name="Ada", city="London", newsletter=True)


@app.get("/profile")
async def read_profile():
    return profile


@app.patch("/profile", response_model=Profile)
async def change_profile(changes: Changes):
    for field in changes.model_fields_set:
        setattr(profile, field, getattr(changes, field))
    return profile
