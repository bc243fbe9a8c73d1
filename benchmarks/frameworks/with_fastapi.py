"""FastAPI: `async def`, the same without telemetry, `def`, and a blocking call in `async def`."""

import asyncio
import time

from fastapi import FastAPI
from pydantic import BaseModel, Field

SECONDS = 0.05


class Order(BaseModel):
    sku: str = Field(min_length=1, max_length=20)
    quantity: int = Field(ge=1, le=100)
    note: str | None = None


class Receipt(BaseModel):
    sku: str
    quantity: int
    total_cents: int


def receipt(order: Order) -> Receipt:
    return Receipt(sku=order.sku, quantity=order.quantity, total_cents=1250 * order.quantity)


awaiting, threaded, blocking = FastAPI(), FastAPI(), FastAPI()
quiet = FastAPI(telemetry={"tracing": False, "metrics": False})


@quiet.get("/plain")
@awaiting.get("/plain")
async def plain() -> dict[str, str]:
    return {"message": "Hello"}


@quiet.post("/orders")
@awaiting.post("/orders")
async def take(order: Order) -> Receipt:
    return receipt(order)


@quiet.get("/wait")
@awaiting.get("/wait")
async def wait() -> dict[str, float]:
    await asyncio.sleep(SECONDS)
    return {"waited": SECONDS}


@threaded.get("/plain")
def plain_in_a_thread() -> dict[str, str]:
    return {"message": "Hello"}


@threaded.post("/orders")
def take_in_a_thread(order: Order) -> Receipt:
    return receipt(order)


@threaded.get("/wait")
def wait_in_a_thread() -> dict[str, float]:
    time.sleep(SECONDS)
    return {"waited": SECONDS}


@blocking.get("/wait")
async def wait_and_block() -> dict[str, float]:
    time.sleep(SECONDS)
    return {"waited": SECONDS}
