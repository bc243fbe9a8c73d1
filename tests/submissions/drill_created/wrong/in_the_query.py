# fails: test_a_message_is_created
# kind: validation
# says: from the query string
from fastapi import FastAPI

app = FastAPI()
messages = []


@app.post("/messages", status_code=201)
def create(text: str):
    messages.append(text)
    return {"id": len(messages), "text": text}
