# fails: test_what_was_sent_is_changed
# kind: response-model
# says: name
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
profile = {"name": "Ada", "city": "London", "newsletter": True}


@app.get("/profile")
def read_profile() -> Profile:
    return profile


@app.patch("/profile")
def change_profile(changes: Changes) -> Profile:
    profile.update(changes.model_dump())
    return profile
