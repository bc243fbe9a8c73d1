# A model for all headers.
from typing import Annotated

from fastapi import FastAPI, Header
from pydantic import BaseModel

app = FastAPI()


class Headers(BaseModel):
    x_nickname: str = "stranger"


@app.get("/hello")
async def read_hello(headers: Annotated[Headers, Header()]):
    return {"hello": headers.x_nickname}
