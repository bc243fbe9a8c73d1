# A thread made in lifespan, and a dependency with yield for the slots.
# terminal: needs threads
import threading
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from model import Model
from pydantic import BaseModel, confloat, conlist

models: list[Model] = []
slots = threading.Semaphore(2)


def load(into: list[Model]) -> None:
    try:
        into.append(Model.load())
    except (OSError, ValueError, KeyError):
        print("model.json cannot be read")


@asynccontextmanager
async def lifespan(app: FastAPI):
    global models
    models = []
    threading.Thread(target=load, args=(models,), daemon=True).start()
    yield


app = FastAPI(lifespan=lifespan)


def busy() -> HTTPException:
    return HTTPException(503, headers={"retry-after": "1"})


def loaded() -> Model:
    if not models:
        raise busy()
    return models[0]


def a_slot():
    if not slots.acquire(timeout=0):
        raise busy()
    try:
        yield
    finally:
        slots.release()


Loaded = Annotated[Model, Depends(loaded)]


class Order(BaseModel):
    features: conlist(confloat(ge=0, le=1000), min_length=6, max_length=6)


@app.exception_handler(RequestValidationError)
def refuse(request, error):
    return JSONResponse({"detail": "Six numbers from 0 to 1000, please"}, 422)


@app.get("/health/live")
def live():
    return {"status": "alive"}


@app.get("/health/ready")
def ready(model: Loaded):
    return {"status": "ready", "model_version": model.version}


@app.post("/predict", dependencies=[Depends(a_slot, scope="function")])
def predict(order: Order, model: Loaded):
    guess = model.predict(order.features)
    return {"label": guess.label, "probability": guess.probability, "model_version": model.version}
