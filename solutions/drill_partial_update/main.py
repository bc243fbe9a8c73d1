from fastapi import FastAPI
from pydantic import BaseModel


class Profile(BaseModel):
    name: str
    city: str | None
    newsletter: bool


class ProfileChanges(BaseModel):
    name: str = ""
    city: str | None = None
    newsletter: bool = False


app = FastAPI()
profile = Profile(name="Ada", city="London", newsletter=True)


@app.get("/profile")
def read_profile() -> Profile:
    return profile


@app.patch("/profile")
def change_profile(changes: ProfileChanges) -> Profile:
    for field, value in changes.model_dump(exclude_unset=True).items():
        setattr(profile, field, value)
    return profile
