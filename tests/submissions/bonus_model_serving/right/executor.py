# A pool of two threads for predictions, and a count of what it has to do.
import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from model import Model
from pydantic import BaseModel, Field

model: Model | None = None
at_work: set[asyncio.Future] = set()


@asynccontextmanager
async def lifespan(app: FastAPI):
    global model
    model = None
    app.state.pool = ThreadPoolExecutor(2)
    loading = asyncio.get_running_loop().run_in_executor(None, Model.load)
    loading.add_done_callback(take)
    yield
    app.state.pool.shutdown()


def take(loading: asyncio.Future) -> None:
    global model
    if not loading.cancelled() and loading.exception() is None:
        model = loading.result()


app = FastAPI(lifespan=lifespan)
later = HTTPException(503, headers={"Retry-After": "1"})


class Order(BaseModel):
    features: Annotated[list[Annotated[float, Field(ge=0, le=1000)]], Field(min_length=6, max_length=6)]


@app.exception_handler(RequestValidationError)
async def refuse(request: Request, error: RequestValidationError):
    return PlainTextResponse("Six numbers from 0 to 1000", 422)


@app.get("/health/live")
def live():
    return {"status": "alive"}


@app.get("/health/ready")
def ready():
    if model is None:
        raise later
    return {"status": "ready", "model_version": model.version}


@app.post("/predict")
async def predict(order: Order):
    if model is None or len(at_work) >= 2:
        raise later
    loop = asyncio.get_running_loop()
    work = loop.run_in_executor(app.state.pool, model.predict, order.features)
    at_work.add(work)
    try:
        label, probability = await work
    finally:
        at_work.discard(work)
    return {"label": label, "probability": probability, "model_version": model.version}
