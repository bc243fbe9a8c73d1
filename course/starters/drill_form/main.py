from fastapi import FastAPI

app = FastAPI()


# TODO: read the two fields of a form.
#   POST /notes  title=Milk&text=Two+bottles  →  200  {"title": "Milk", "characters": 11}
@app.post("/notes")
def add_note(title: str, text: str):
    return {"title": title, "characters": len(text)}
