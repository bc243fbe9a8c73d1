# State that lifespan yields, an anyio task group, and a limiter that never waits.
from contextlib import asynccontextmanager
from typing import Annotated, Literal

import anyio
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from model import Model
from pydantic import BaseModel, Field


class Holder:
    model: Model | None = None

    async def load(self) -> None:
        try:
            self.model = await anyio.to_thread.run_sync(Model.load, abandon_on_cancel=True)
        except Exception:
            self.model = None


@asynccontextmanager
async def lifespan(app: FastAPI):
    holder = Holder()
    async with anyio.create_task_group() as group:
        group.start_soon(holder.load)
        yield {"holder": holder, "limiter": anyio.CapacityLimiter(2)}
        group.cancel_scope.cancel()


def later() -> HTTPException:
    return HTTPException(503, "later", {"Retry-After": "10"})


def current(request: Request) -> Model:
    if (model := request.state.holder.model) is None:
        raise later()
    return model


class Order(BaseModel):
    features: Annotated[list[Annotated[float, Field(ge=0, le=1000)]], Field(min_length=6, max_length=6)]


class Guess(BaseModel):
    label: Literal["returned", "kept"]
    probability: float
    model_version: str


router = APIRouter()


@router.get("/health/live")
async def live():
    return {"status": "alive"}


@router.get("/health/ready")
async def ready(model: Model = Depends(current)):
    return {"status": "ready", "model_version": model.version}


@router.post("/predict", response_model=Guess)
async def predict(order: Order, request: Request, model: Model = Depends(current)):
    limiter = request.state.limiter
    me = object()
    try:
        limiter.acquire_on_behalf_of_nowait(me)
    except anyio.WouldBlock:
        raise later() from None
    try:
        label, probability = await anyio.to_thread.run_sync(model.predict, order.features)
    finally:
        limiter.release_on_behalf_of(me)
    return {"label": label, "probability": probability, "model_version": model.version}


app = FastAPI(lifespan=lifespan)
app.include_router(router)


@app.exception_handler(RequestValidationError)
async def refuse(request: Request, error: RequestValidationError):
    entries = [{**entry, "input": None} for entry in error.errors()]
    return await request_validation_exception_handler(request, RequestValidationError(entries))
