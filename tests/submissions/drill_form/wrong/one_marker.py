# fails: test_the_form_is_read
# kind: validation
# says: text
from typing import Annotated

from fastapi import FastAPI, Form

app = FastAPI()


@app.post("/notes")
def add_note(text: str, title: Annotated[str, Form(max_length=40)]):
    return {"title": title, "characters": len(text)}
