# The time stands still: whatever waits, waits for ever.
# checks: hung pass pass

import asyncio
import time

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
async def read_root():
    time.time = time.monotonic = time.perf_counter = lambda: 0.0
    await asyncio.sleep(0.01)
    return {"hello": "world"}
