# response_class, and a function that returns the address.
from fastapi import FastAPI
from fastapi.responses import RedirectResponse

app = FastAPI()


@app.get("/guide/{topic}")
async def read_topic(topic: str):
    return {"topic": topic}


@app.get("/help/{topic}", response_class=RedirectResponse, status_code=308)
async def read_old_topic(topic: str):
    return f"/guide/{topic}"
