# fails: test_null_is_a_value
# kind: wrong-body
# says: something else than not sending it
from fastapi import FastAPI
from pydantic import BaseModel


class Profile(BaseModel):
    name: str
    city: str | None
    newsletter: bool


class Changes(BaseModel):
    name: str | None = None
    city: str | None = None
    newsletter: bool | None = None


app = FastAPI()
profile = Profile(name="Ada", city="London", newsletter=True)


@app.get("/profile")
def read_profile() -> Profile:
    return profile


@app.patch("/profile")
def change_profile(changes: Changes) -> Profile:
    for field, value in changes.model_dump(exclude_none=True).items():
        setattr(profile, field, value)
    return profile
