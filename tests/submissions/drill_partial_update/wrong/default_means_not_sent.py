# fails: test_what_was_sent_is_changed
# kind: wrong-body
# says: what is not in it stays
from fastapi import FastAPI
from pydantic import BaseModel


class Profile(BaseModel):
    name: str
    city: str | None
    newsletter: bool


class Changes(BaseModel):
    name: str = ""
    city: str | None = None
    newsletter: bool = True


app = FastAPI()
profile = Profile(name="Ada", city="London", newsletter=True)


@app.get("/profile")
def read_profile() -> Profile:
    return profile


@app.patch("/profile")
def change_profile(changes: Changes) -> Profile:
    sent = changes.model_fields_set
    if "name" in sent:
        profile.name = changes.name
    if "city" in sent:
        profile.city = changes.city
    if not changes.newsletter:
        profile.newsletter = changes.newsletter
    return profile
