# fails: test_two_at_once_after_failures
# kind: wrong-body
# says: It must be two again: a prediction that fails gives its slot back once
import asyncio
import logging
from contextlib import asynccontextmanager, contextmanager
from threading import Semaphore
from typing import Annotated

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from model import Model
from pydantic import BaseModel, Field

log = logging.getLogger(__name__)


async def load_into(app: FastAPI) -> None:
    try:
        app.state.model = await asyncio.to_thread(Model.load)
    except Exception:
        log.exception("The model cannot be loaded")


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.model = None
    loading = asyncio.create_task(load_into(app))
    yield
    loading.cancel()


app = FastAPI(title="Returns", lifespan=lifespan)
slots = Semaphore(2)

Feature = Annotated[float, Field(ge=0, le=1000)]


class Order(BaseModel):
    features: Annotated[list[Feature], Field(min_length=6, max_length=6)]


@app.exception_handler(RequestValidationError)
def refuse(request: Request, error: RequestValidationError) -> JSONResponse:
    detail = [{"loc": e["loc"], "msg": e["msg"]} for e in error.errors()]
    return JSONResponse({"detail": detail}, 422)


@contextmanager
def slot():
    if not slots.acquire(blocking=False):
        raise HTTPException(503, "Busy", {"Retry-After": "1"})
    try:
        yield
    except Exception:
        slots.release()
        raise
    finally:
        slots.release()


@app.get("/health/live")
def read_live():
    return {"status": "alive"}


@app.get("/health/ready")
def read_ready(request: Request):
    model = request.app.state.model
    if model is None:
        raise HTTPException(503, "Not yet", {"Retry-After": "1"})
    return {"status": "ready", "model_version": model.version}


@app.post("/predict")
def predict(order: Order, request: Request):
    model = request.app.state.model
    if model is None:
        raise HTTPException(503, "Not yet", {"Retry-After": "1"})
    with slot():
        label, probability = model.predict(order.features)
    return {"label": label, "probability": probability, "model_version": model.version}
