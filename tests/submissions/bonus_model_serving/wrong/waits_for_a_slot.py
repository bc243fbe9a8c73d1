# fails: test_two_at_once
# kind: wrong-body
# says: and the other three are 503 at once: they do not wait for the first two
import asyncio
import threading
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
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


@app.exception_handler(RequestValidationError)
def refuse(request, error):
    errors = [{"type": e["type"], "loc": e["loc"], "msg": e["msg"]} for e in error.errors()]
    return JSONResponse({"detail": errors}, status_code=422)


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
    with slots:
        label, probability = model.predict(order.features)
    return {"label": label, "probability": probability, "model_version": model.version}
