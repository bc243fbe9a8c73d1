# A def endpoint runs in a thread, where no loop is running, so it may start one.
import asyncio

from fastapi import FastAPI

app = FastAPI()


async def name() -> str:
    await asyncio.sleep(0.01)
    return "Corner Shop API"


@app.get("/")
def read_root() -> dict[str, str]:
    return {"name": asyncio.run(name()), "docs": "/docs"}
