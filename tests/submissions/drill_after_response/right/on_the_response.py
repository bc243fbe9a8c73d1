# The response carries the task.
from bell import ring
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.background import BackgroundTask

app = FastAPI()


@app.post("/visitors")
async def announce(name: str):
    return JSONResponse({"name": name}, 202, background=BackgroundTask(ring, name))
