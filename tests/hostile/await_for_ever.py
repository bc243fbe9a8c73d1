# Waits for something that never comes. Nothing runs meanwhile.
# checks: hung pass pass
# says: the app waits for something that never comes

import asyncio

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
async def read_root():
    await asyncio.Event().wait()
