# CancelledError is no Exception either.
# checks: server-error pass pass
# says: CancelledError

import asyncio

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
async def read_root():
    raise asyncio.CancelledError
