# fails: test_finite_features
# kind: server-error
# says: FastAPI's 422 shows what was sent. That was NaN or Infinity, which JSON does not have, so the 422 became a 500
import asyncio
import threading
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, HTTPException
from model import Model
from pydantic import BaseModel, Field

served = {"model": None}
slots = threading.BoundedSemaphore(2)


async def load():
    try:
        served["model"] = await asyncio.to_thread(Model.load)
    except Exception as error:
        print("No model:", error)


@asynccontextmanager
async def lifespan(app: FastAPI):
    served["model"] = None
    task = asyncio.create_task(load())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)


class Order(BaseModel):
    features: list[Annotated[float, Field(ge=0, le=1000)]] = Field(min_length=6, max_length=6)


def get_model():
    if served["model"] is None:
        raise HTTPException(503, "Not ready", headers={"Retry-After": "2"})
    return served["model"]


@app.get("/health/live")
def live():
    return {"status": "alive"}


@app.get("/health/ready")
def ready():
    return {"status": "ready", "model_version": get_model().version}


@app.post("/predict")
def predict(order: Order):
    model = get_model()
    if not slots.acquire(blocking=False):
        raise HTTPException(503, "Busy", headers={"Retry-After": "1"})
    try:
        label, probability = model.predict(order.features)
    finally:
        slots.release()
    return {"label": label, "probability": probability, "model_version": model.version}
