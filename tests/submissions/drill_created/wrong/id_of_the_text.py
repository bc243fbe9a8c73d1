# fails: test_a_message_is_created
# kind: wrong-body
# says: Two messages have the same id
import zlib
from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()


class NewMessage(BaseModel):
    text: Annotated[str, Field(min_length=1, max_length=100)]


@app.post("/messages", status_code=201)
def create_message(new: NewMessage):
    return {"id": zlib.crc32(new.text.encode()), "text": new.text}
