# fails: test_what_was_sent_is_changed
# kind: wrong-body
# says: also when that is false
from fastapi import FastAPI
from pydantic import BaseModel


class Profile(BaseModel):
    name: str
    city: str | None
    newsletter: bool


class Changes(BaseModel):
    name: str = ""
    city: str | None = None
    newsletter: bool = False


app = FastAPI()
profile = Profile(name="Ada", city="London", newsletter=True)


@app.get("/profile")
def read_profile() -> Profile:
    return profile


@app.patch("/profile")
def change_profile(changes: Changes) -> Profile:
    if changes.name:
        profile.name = changes.name
    if changes.city:
        profile.city = changes.city
    if changes.newsletter:
        profile.newsletter = changes.newsletter
    return profile
