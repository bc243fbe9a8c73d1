# fails: test_two_at_once
# kind: wrong-body
# says: the second pot was put on when the first one was ready
import asyncio

from fastapi import FastAPI
from tea import brew

app = FastAPI()
stove = asyncio.Lock()


@app.get("/tea")
async def read_tea():
    async with stove:
        return {"pot": await brew()}
