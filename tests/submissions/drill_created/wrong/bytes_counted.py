# fails: test_a_message_is_created
# kind: wrong-status
# says: however many bytes
from itertools import count

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

app = FastAPI()
ids = count(1)


class NewMessage(BaseModel):
    text: str


@app.post("/messages", status_code=201)
def create_message(new: NewMessage):
    if not 1 <= len(new.text.encode()) <= 100:
        raise HTTPException(422, "1 to 100 characters")
    return {"id": next(ids), "text": new.text}
