# fails: test_a_message_is_created
# kind: wrong-body
# says: with all its blanks
from itertools import count

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

app = FastAPI()
ids = count(1)


class NewMessage(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    text: str = Field(min_length=1, max_length=100)


@app.post("/messages", status_code=201)
def create_message(new: NewMessage):
    return {"id": next(ids), "text": new.text}
