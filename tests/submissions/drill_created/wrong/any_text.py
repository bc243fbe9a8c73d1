# fails: test_a_bad_body_is_422
# kind: wrong-status
# says: 1 to 100 characters
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
messages = []


class Message(BaseModel):
    text: str


@app.post("/messages", status_code=201)
def create(message: Message):
    messages.append(message)
    return {"id": len(messages), "text": message.text}
