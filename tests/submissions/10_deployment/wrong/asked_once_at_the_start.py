# fails: test_ready
# kind: wrong-status
# says: does not say 503
# over: solution
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from database import DatabaseGone, ping
from fastapi import FastAPI, Response
from pydantic import Field
from pydantic_settings import BaseSettings
from shop import router

state = {"ready": False}


class Settings(BaseSettings):
    secret_key: str = Field(min_length=32)


settings = Settings()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    try:
        await ping()
        state["ready"] = True
    except DatabaseGone:
        state["ready"] = False
    yield


app = FastAPI(lifespan=lifespan)
app.include_router(router)


@app.get("/health/live")
def live():
    return {"status": "live"}


@app.get("/health/ready")
def ready(response: Response):
    if not state["ready"]:
        response.status_code = 503
    return {"ready": state["ready"]}
