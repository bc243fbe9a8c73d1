from itertools import count
from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()
ids = count(1)


class NewMessage(BaseModel):
    text: Annotated[str, Field(min_length=1, max_length=100)]


class Message(NewMessage):
    id: int


@app.post("/messages", status_code=201)
def create_message(new: NewMessage) -> Message:
    return Message(id=next(ids), text=new.text)
