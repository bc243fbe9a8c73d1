import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from threading import BoundedSemaphore
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from model import Model
from pydantic import BaseModel, Field

log = logging.getLogger("returns")
slots = BoundedSemaphore(2)


async def load_model(app: FastAPI) -> None:
    try:
        app.state.model = await asyncio.to_thread(Model.load)
    except Exception:
        log.exception("The model cannot be loaded, so the app does not become ready")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.model = None
    loading = asyncio.create_task(load_model(app))
    yield
    loading.cancel()


app = FastAPI(title="Returns", lifespan=lifespan)

Feature = Annotated[float, Field(ge=0, le=1000)]


class Order(BaseModel):
    features: Annotated[list[Feature], Field(min_length=6, max_length=6)]


class Guess(BaseModel):
    label: Literal["returned", "kept"]
    probability: float
    model_version: str


@app.exception_handler(RequestValidationError)
def refuse(request: Request, error: RequestValidationError) -> JSONResponse:
    """Without the input: NaN is no JSON, and could not be sent back."""
    detail = [{key: entry[key] for key in ("type", "loc", "msg")} for entry in error.errors()]
    return JSONResponse({"detail": detail}, 422)


def get_model(request: Request) -> Model:
    model: Model | None = request.app.state.model
    if model is None:
        raise HTTPException(503, "The model is not loaded yet", {"Retry-After": "1"})
    return model


ModelDep = Annotated[Model, Depends(get_model)]


@contextmanager
def slot() -> Iterator[None]:
    if not slots.acquire(blocking=False):
        raise HTTPException(503, "Too many predictions at once", {"Retry-After": "1"})
    try:
        yield
    finally:
        slots.release()


@app.get("/health/live")
def read_live() -> dict[str, str]:
    return {"status": "alive"}


@app.get("/health/ready")
def read_ready(model: ModelDep) -> dict[str, str]:
    return {"status": "ready", "model_version": model.version}


@app.post("/predict")
def predict(order: Order, model: ModelDep) -> Guess:
    with slot():
        label, probability = model.predict(order.features)
    return Guess(label=label, probability=probability, model_version=model.version)
