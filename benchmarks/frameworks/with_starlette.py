"""Starlette, with Pydantic by hand."""

import asyncio

from pydantic import BaseModel, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

SECONDS = 0.05


class Order(BaseModel):
    sku: str = Field(min_length=1, max_length=20)
    quantity: int = Field(ge=1, le=100)
    note: str | None = None


async def plain(request: Request) -> JSONResponse:
    return JSONResponse({"message": "Hello"})


async def take(request: Request) -> JSONResponse:
    try:
        order = Order.model_validate_json(await request.body())
    except ValidationError as error:
        return JSONResponse(error.errors(include_context=False), 422)
    total = 1250 * order.quantity
    return JSONResponse({"sku": order.sku, "quantity": order.quantity, "total_cents": total})


async def wait(request: Request) -> JSONResponse:
    await asyncio.sleep(SECONDS)
    return JSONResponse({"waited": SECONDS})


app = Starlette(
    routes=[
        Route("/plain", plain),
        Route("/orders", take, methods=["POST"]),
        Route("/wait", wait),
    ]
)
