# fails: test_the_old_address_redirects
# kind: wrong-header
# says: another place
from fastapi import FastAPI
from fastapi.responses import RedirectResponse

app = FastAPI()


@app.get("/guide/{topic}")
def read_topic(topic: str):
    return {"topic": topic}


@app.get("/help/{topic}")
def read_old_topic(topic: str):
    return RedirectResponse("/guide/{topic}", 308)
