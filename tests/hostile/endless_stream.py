# A response that never ends, and an app that does not notice when nobody listens any more.
# checks: server-error pass pass
# says: sends a response that does not end

import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from given import router

app = FastAPI()
app.include_router(router)


async def parts():
    while True:
        try:
            yield b"x" * 100_000
            await asyncio.sleep(0)
        except Exception:
            continue


@app.get("/")
def read_root():
    return StreamingResponse(parts())
