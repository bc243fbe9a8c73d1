# fails: test_the_form_is_read
# kind: validation
# says: reads text from the query string, and the request sends a form
from typing import Annotated

from fastapi import FastAPI, Form

app = FastAPI()


@app.post("/notes")
def add_note(text: str, title: Annotated[str, Form(max_length=40)]):
    return {"title": title, "characters": len(text)}
