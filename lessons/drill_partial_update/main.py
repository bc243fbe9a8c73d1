from fastapi import FastAPI
from pydantic import BaseModel


class Profile(BaseModel):
    name: str
    city: str | None
    newsletter: bool


app = FastAPI()
profile = Profile(name="Ada", city="London", newsletter=True)


@app.get("/profile")
def read_profile() -> Profile:
    return profile


# TODO: change what was sent, and leave the rest as it is.
#   PATCH /profile  {"newsletter": false}  →  200  {"name": "Ada", "city": "London", "newsletter": false}
#   PATCH /profile  {"city": null}         →  200  {"name": "Ada", "city": null, "newsletter": false}
#   PATCH /profile  {"name": null}         →  422
