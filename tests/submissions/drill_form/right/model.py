# A model for the form.
from typing import Annotated

from fastapi import FastAPI, Form
from pydantic import BaseModel, Field

app = FastAPI()


class Note(BaseModel):
    title: Annotated[str, Field(max_length=40)]
    text: str


@app.post("/notes")
async def add_note(note: Annotated[Note, Form()]):
    return {"title": note.title, "characters": len(note.text)}
