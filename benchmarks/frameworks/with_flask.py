"""Flask, with Pydantic by hand."""

import time

from flask import Flask, Response, jsonify, request
from pydantic import BaseModel, Field, ValidationError

SECONDS = 0.05
app = Flask(__name__)


class Order(BaseModel):
    sku: str = Field(min_length=1, max_length=20)
    quantity: int = Field(ge=1, le=100)
    note: str | None = None


@app.get("/plain")
def plain() -> dict[str, str]:
    return {"message": "Hello"}


@app.post("/orders")
def take() -> Response | tuple[Response, int]:
    try:
        order = Order.model_validate_json(request.get_data())
    except ValidationError as error:
        return jsonify(error.errors(include_context=False)), 422
    total = 1250 * order.quantity
    return jsonify({"sku": order.sku, "quantity": order.quantity, "total_cents": total})


@app.get("/wait")
def wait() -> dict[str, float]:
    time.sleep(SECONDS)
    return {"waited": SECONDS}
