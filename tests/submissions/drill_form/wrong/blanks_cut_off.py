# fails: test_the_form_is_read
# kind: wrong-body
# says: blanks count
from typing import Annotated

from fastapi import FastAPI, Form

app = FastAPI()


@app.post("/notes")
def add_note(title: Annotated[str, Form(max_length=40)], text: Annotated[str, Form()]):
    return {"title": title.strip(), "characters": len(text.strip())}
