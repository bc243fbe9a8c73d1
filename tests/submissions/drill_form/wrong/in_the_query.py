# fails: test_the_form_is_read
# kind: validation
# says: reads title from the query string, and the request sends a form
from fastapi import FastAPI

app = FastAPI()


@app.post("/notes")
def add_note(title: str, text: str):
    return {"title": title, "characters": len(text)}
