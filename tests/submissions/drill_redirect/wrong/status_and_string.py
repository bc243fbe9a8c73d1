# fails: test_the_old_address_redirects
# kind: wrong-header
# says: no header location
from fastapi import FastAPI

app = FastAPI()


@app.get("/guide/{topic}")
def read_topic(topic: str):
    return {"topic": topic}


@app.get("/help/{topic}", status_code=308)
def read_old_topic(topic: str):
    return f"/guide/{topic}"
