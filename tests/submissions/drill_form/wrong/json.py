# fails: test_the_form_is_read
# kind: validation
# says: reads JSON, and the request sends a form
from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()


class Note(BaseModel):
    title: str = Field(max_length=40)
    text: str


@app.post("/notes")
def add_note(note: Note):
    return {"title": note.title, "characters": len(note.text)}
