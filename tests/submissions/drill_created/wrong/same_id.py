# fails: test_a_message_is_created
# kind: wrong-body
# says: the same id
from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()


class Message(BaseModel):
    id: int = 1
    text: Annotated[str, Field(min_length=1, max_length=100)]


@app.post("/messages", status_code=201)
def create(message: Message):
    return message
