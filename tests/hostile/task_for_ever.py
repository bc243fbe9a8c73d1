# A task that cannot be cancelled: the app never stops.
# checks: hung pass pass
# says: stop

import asyncio
import contextlib

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)

tasks = set()


async def work():
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)


@app.get("/")
async def read_root():
    tasks.add(asyncio.create_task(work()))
    return {"hello": "world"}
