from fastapi import FastAPI
from model import Model
from pydantic import BaseModel

# TODO 1: load the model beside the app, when it starts: in a lifespan function, in a thread. It
#   answers meanwhile, and says whether it is ready.
#   GET /health/live   →  200  {"status": "alive"}
#   GET /health/ready  →  503  as long as there is no model
#   GET /health/ready  →  200  {"status": "ready", "model_version": "returns-2026.11"}
app = FastAPI(title="Returns")


# TODO 2: exactly six features, each a number from 0 to 1000. NaN and Infinity are refused too.
#   POST /predict  {"features": [1, 2, 3]}                    →  422
#   POST /predict  {"features": [NaN, 1, 40, 9, 2, 6]}        →  422
class Order(BaseModel):
    features: list[float]


# TODO 3: answer what the model says, as it is, with its version. 503 with Retry-After without one.
#   POST /predict  {"features": [180, 1, 40, 9, 2, 6]}
#   200  {"label": "returned", "probability": 0.97…, "model_version": "returns-2026.11"}
# TODO 4: at most two predictions at once. Whoever comes meanwhile is told to come again.
#   POST /predict  →  503  Retry-After: 1
@app.post("/predict")
async def predict(order: Order):
    return Model.load().predict(order.features)
