# fails: test_the_old_address_redirects
# kind: wrong-status
# says: 307 means for now
from fastapi import FastAPI
from fastapi.responses import RedirectResponse

app = FastAPI()


@app.get("/guide/{topic}")
def read_topic(topic: str):
    return {"topic": topic}


@app.get("/help/{topic}")
def read_old_topic(topic: str):
    return RedirectResponse(f"/guide/{topic}")
