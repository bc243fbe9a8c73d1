# A task that runs as long as the app, and is cancelled with it.

import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI
from given import router


async def tick():
    while True:
        await asyncio.sleep(0.01)


@asynccontextmanager
async def lifespan(app):
    task = asyncio.create_task(tick())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)
app.include_router(router)


@app.get("/")
def read_root():
    return {"hello": "world"}
