from fastapi import FastAPI

app = FastAPI()


# TODO: take a JSON body with a text of 1 to 100 characters, and say that something was created.
#   POST /messages  {"text": "Hi"}  →  201  {"id": 1, "text": "Hi"}
#   POST /messages  {"text": ""}    →  422
@app.post("/messages")
def create_message():
    return {"id": 1}
