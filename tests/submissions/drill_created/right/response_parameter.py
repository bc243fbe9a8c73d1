# The status is set on the Response parameter, and the answer is a dict.
from fastapi import FastAPI, Response, status
from pydantic import BaseModel, constr

app = FastAPI()
kept: dict[int, str] = {}


class Message(BaseModel):
    text: constr(min_length=1, max_length=100)


@app.post("/messages")
def create(message: Message, response: Response):
    number = len(kept) + 1
    kept[number] = message.text
    response.status_code = status.HTTP_201_CREATED
    return {"id": number, **message.model_dump()}
