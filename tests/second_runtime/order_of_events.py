# Tasks, timeouts, background tasks and a lifespan: the loop's own business.
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import BackgroundTasks, FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    waiting = asyncio.create_task(asyncio.sleep(3600))
    yield
    waiting.cancel()
    print("stopped")


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def read_root(tasks: BackgroundTasks) -> dict[str, str]:
    tasks.add_task(print, "afterwards")
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0.02)).add_done_callback(lambda _: print("second"))
        group.create_task(asyncio.sleep(0.01)).add_done_callback(lambda _: print("first"))
    print("answered")
    return {"name": "Corner Shop API", "docs": "/docs"}
