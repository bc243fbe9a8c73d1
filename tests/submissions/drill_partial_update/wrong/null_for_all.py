# fails: test_a_name_is_never_null
# kind: wrong-status
# says: and not be null
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
def read_profile():
    return profile


@app.patch("/profile")
def change_profile(changes: Changes):
    profile.update(changes.model_dump(exclude_unset=True))
    return profile
