# The features are looked at by hand, so that no 422 has to show them.
import asyncio
import math
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Body, FastAPI, HTTPException, Response
from fastapi.concurrency import run_in_threadpool
from model import Model
from pydantic import BaseModel


@asynccontextmanager
async def lifespan(app: FastAPI):
    async def load():
        try:
            app.state.model = await run_in_threadpool(Model.load)
        except Exception:
            app.state.model = None

    app.state.model = None
    app.state.slots = asyncio.Semaphore(2)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(load())
        yield
        task.cancel()


app = FastAPI(title="Returns", lifespan=lifespan)


class Guess(BaseModel):
    label: str
    probability: float
    model_version: str


def is_feature(x: Any) -> bool:
    return isinstance(x, int | float) and math.isfinite(x) and 0 <= x <= 1000


@app.get("/health/live")
def live():
    return {"status": "alive"}


@app.get("/health/ready")
def ready(response: Response):
    if app.state.model:
        return {"status": "ready", "model_version": app.state.model.version}
    response.status_code = 503
    return {"status": "loading"}


@app.post("/predict")
async def predict(body: Any = Body()) -> Guess:
    features = body.get("features") if isinstance(body, dict) else None
    if not isinstance(features, list) or len(features) != 6 or not all(map(is_feature, features)):
        raise HTTPException(422, "Six numbers from 0 to 1000")
    model, slots = app.state.model, app.state.slots
    if not model or slots.locked():
        raise HTTPException(503, "Later", headers={"Retry-After": "5"})
    async with slots:
        label, probability = await run_in_threadpool(model.predict, features)
    return Guess(label=label, probability=probability, model_version=model.version)
