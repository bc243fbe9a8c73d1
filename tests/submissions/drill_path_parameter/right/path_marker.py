# Path() in Annotated, and a model for the answer.
from typing import Annotated

from fastapi import FastAPI, Path
from pydantic import BaseModel

app = FastAPI()


class Answer(BaseModel):
    square: int


@app.get("/square/{value}")
async def square(value: Annotated[int, Path(description="Any whole number")]) -> Answer:
    return Answer(square=value**2)
