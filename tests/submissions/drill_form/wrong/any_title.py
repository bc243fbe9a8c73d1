# fails: test_a_bad_form_is_422
# kind: wrong-status
# says: at most 40 characters
from typing import Annotated

from fastapi import FastAPI, Form

app = FastAPI()


@app.post("/notes")
def add_note(title: Annotated[str, Form()], text: Annotated[str, Form()] = ""):
    return {"title": title, "characters": len(text)}
