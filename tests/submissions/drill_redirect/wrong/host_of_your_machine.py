# fails: test_the_old_address_redirects
# kind: wrong-header
# says: right on every host
from fastapi import FastAPI
from fastapi.responses import RedirectResponse

app = FastAPI()


@app.get("/guide/{topic}")
def read_topic(topic: str) -> dict[str, str]:
    return {"topic": topic}


@app.get("/help/{topic}")
def read_old_topic(topic: str):
    return RedirectResponse(f"http://127.0.0.1:8000/guide/{topic}", status_code=308)
