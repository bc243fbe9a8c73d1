# fails: test_what_was_sent_is_changed
# kind: wrong-body
# says: as it was
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
    return profile.model_copy(update=changes.model_dump(exclude_unset=True))
