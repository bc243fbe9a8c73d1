# fails: test_a_message_is_created
# kind: returned-tuple
# says: does not read the number as a status
from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()
messages = []


class Message(BaseModel):
    text: str = Field(min_length=1, max_length=100)


@app.post("/messages")
def create(message: Message):
    messages.append(message)
    return {"id": len(messages), "text": message.text}, 201
