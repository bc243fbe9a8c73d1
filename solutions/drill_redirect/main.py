from fastapi import FastAPI
from fastapi.responses import RedirectResponse

app = FastAPI()


@app.get("/guide/{topic}")
def read_topic(topic: str) -> dict[str, str]:
    return {"topic": topic}


@app.get("/help/{topic}")
def read_old_topic(topic: str) -> RedirectResponse:
    return RedirectResponse(f"/guide/{topic}", status_code=308)
