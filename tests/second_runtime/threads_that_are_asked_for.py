# Work for threads comes by several ways, and each thread gets a copy of the context.
import asyncio
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Annotated

from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool

app = FastAPI()
shop = ContextVar("shop", default="Nobody's Shop")


def docs() -> Iterator[str]:
    shop.set("Thread's Shop")
    yield "/docs"


@app.get("/")
async def read_root(docs: Annotated[str, Depends(docs)]) -> dict[str, str]:
    shop.set(shop.get().replace("Nobody's", "Corner"))
    await asyncio.to_thread(time.sleep, 0.01)
    return {"name": await run_in_threadpool(lambda: f"{shop.get()} API"), "docs": docs}
