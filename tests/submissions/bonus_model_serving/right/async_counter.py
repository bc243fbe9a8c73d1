# async def, with a counter: between two awaits, nobody else runs.
import asyncio
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import FastAPI, Request, status
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from model import Model
from pydantic import BaseModel, ConfigDict, Field


class Service:
    def __init__(self) -> None:
        self.model: Model | None = None
        self.running = 0

    async def load(self) -> None:
        with suppress(Exception):
            self.model = await asyncio.to_thread(Model.load)


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.service = service = Service()
    app.state.loading = asyncio.create_task(service.load())
    yield


app = FastAPI(lifespan=lifespan)
LATER = JSONResponse({"error": "later"}, status.HTTP_503_SERVICE_UNAVAILABLE, {"Retry-After": "3"})


class Order(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)
    features: Annotated[list[Annotated[float, Field(ge=0, le=1000)]], Field(min_length=6, max_length=6)]


@app.exception_handler(RequestValidationError)
async def refuse(request: Request, error: RequestValidationError):
    shown = [entry | {"input": str(type(entry["input"]))} for entry in error.errors()]
    return JSONResponse(jsonable_encoder({"detail": shown}), 422)


@app.get("/health/live")
async def live():
    return {"status": "alive"}


@app.get("/health/ready")
async def ready(request: Request):
    model = request.app.state.service.model
    return {"status": "ready", "model_version": model.version} if model else LATER


@app.post("/predict")
async def predict(order: Order, request: Request):
    service = request.app.state.service
    if service.model is None or service.running == 2:
        return LATER
    service.running += 1
    try:
        guess = await asyncio.to_thread(service.model.predict, order.features)
    finally:
        service.running -= 1
    return {**guess._asdict(), "model_version": service.model.version}
