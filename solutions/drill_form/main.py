from typing import Annotated

from fastapi import FastAPI, Form

app = FastAPI()


@app.post("/notes")
def add_note(
    title: Annotated[str, Form(max_length=40)], text: Annotated[str, Form()]
) -> dict[str, str | int]:
    return {"title": title, "characters": len(text)}
