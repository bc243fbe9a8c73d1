# The app never gets ready.
# problem: hung
# says: was still running while main.py was being imported or started

import time
from contextlib import asynccontextmanager

from fastapi import FastAPI
from given import router


@asynccontextmanager
async def lifespan(app):
    while True:
        time.sleep(0.01)
    yield


app = FastAPI(lifespan=lifespan)
app.include_router(router)
