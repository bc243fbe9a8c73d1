# fails: test_a_message_is_created
# kind: wrong-status
# says: status_code=201
from itertools import count
from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()
ids = count(1)


class Message(BaseModel):
    text: Annotated[str, Field(min_length=1, max_length=100)]


@app.post("/messages")
def create(message: Message):
    return {"id": next(ids), "text": message.text}
