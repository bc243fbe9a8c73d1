# The whole profile is validated again, and replaces the old one.
from fastapi import Body, FastAPI, HTTPException
from pydantic import BaseModel, ValidationError


class Profile(BaseModel):
    name: str
    city: str | None
    newsletter: bool


app = FastAPI()
app.state.profile = Profile(name="Ada", city="London", newsletter=True)


@app.get("/profile")
def read_profile() -> Profile:
    return app.state.profile


@app.patch("/profile")
def change_profile(changes: dict = Body()) -> Profile:
    try:
        app.state.profile = Profile.model_validate(app.state.profile.model_dump() | changes)
    except ValidationError as error:
        raise HTTPException(422, str(error)) from None
    return app.state.profile
