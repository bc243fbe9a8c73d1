# The form is taken from the request.
from fastapi import FastAPI, HTTPException, Request

app = FastAPI()


@app.post("/notes")
async def add_note(request: Request):
    form = await request.form()
    title, text = form.get("title"), form.get("text")
    if title is None or text is None or len(title) > 40:
        raise HTTPException(422)
    return {"title": title, "characters": len(text)}
