from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from database import connected
from fastapi import FastAPI
from routers import bookings, rooms


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with connected() as app.state.new_session:
        yield


app = FastAPI(title="Room booking", lifespan=lifespan)
app.include_router(rooms.router)
app.include_router(bookings.router)
