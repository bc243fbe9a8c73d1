# fails: test_a_price_change_that_cannot_be_is_refused
# kind: wrong-status
# says: A price is a whole number
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Body, FastAPI, Header, Path, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from shop import Category, Product, products

app = FastAPI()


class Query_(BaseModel):
    model_config = ConfigDict(extra="forbid")
    q: str | None = Field(default=None, min_length=2, max_length=50)
    category: Category | None = None
    min_price: int | None = Field(default=None, ge=0)
    max_price: int | None = Field(default=None, ge=0)
    in_stock: bool | None = None
    tag: list[str] = Field(default_factory=list)
    sort: Literal["name", "-name", "price", "-price"] | None = None
    limit: int = Field(default=20, ge=1, le=100)
    offset: int = Field(default=0, ge=0)


class StockBody(BaseModel):
    quantity: int = Field(ge=0)
    reason: str = Field(min_length=3, max_length=100)


def not_found() -> JSONResponse:
    return JSONResponse({"error": "not found"}, status_code=404)


def as_json(product: Product) -> dict[str, Any]:
    return product.model_dump(mode="json")


@app.get("/products")
def get_products(query: Annotated[Query_, Query()]) -> JSONResponse:
    low = 0 if query.min_price is None else query.min_price
    high = float("inf") if query.max_price is None else query.max_price
    if low > high:
        raise RequestValidationError(
            [
                {
                    "type": "value_error",
                    "loc": ("query", "min_price"),
                    "msg": "too high",
                    "input": low,
                }
            ]
        )
    rows = [as_json(p) for p in products.values() if low <= p.price_cents <= high]
    if query.q:
        rows = [row for row in rows if query.q.lower() in row["name"].lower()]
    if query.category:
        rows = [row for row in rows if row["category"] == query.category.value]
    if query.in_stock is not None:
        rows = [row for row in rows if (row["stock"] != 0) is query.in_stock]
    rows = [row for row in rows if set(row["tags"]) >= set(query.tag)]
    rows.sort(key=lambda row: row["id"])
    if query.sort in ("name", "-name"):
        rows.sort(key=lambda row: row["name"], reverse=query.sort == "-name")
    if query.sort in ("price", "-price"):
        rows.sort(key=lambda row: row["price_cents"], reverse=query.sort == "-price")
    page = rows[query.offset : query.offset + query.limit]
    return JSONResponse(
        {"items": page, "total": len(rows), "limit": query.limit, "offset": query.offset}
    )


@app.get("/products/by-sku/{sku}")
def get_by_sku(sku: Annotated[str, Path(pattern=r"^[A-Z]{3}-\d{4}$")]) -> JSONResponse:
    for product in products.values():
        if product.sku == sku:
            return JSONResponse(as_json(product))
    return not_found()


@app.put("/products/{product_id}/stock")
def put_stock(
    product_id: int, body: StockBody, x_request_id: Annotated[UUID | None, Header()] = None
) -> JSONResponse:
    if product_id not in products:
        return not_found()
    products[product_id].stock = body.quantity
    headers = {"X-Request-ID": str(x_request_id)} if x_request_id else None
    return JSONResponse({"product_id": product_id, **body.model_dump()}, headers=headers)


@app.post("/products/{product_id}/price-change")
def post_price(
    product_id: int,
    new_price: Annotated[
        dict[Literal["new_price_cents"], Annotated[float, Field(ge=1, le=1000000)]],
        Body(alias="change", min_length=1),
    ],
    approver: Annotated[
        dict[Literal["approved_by"], Annotated[str, Field(min_length=2, max_length=50)]],
        Body(alias="approval", min_length=1),
    ],
    announce: Annotated[bool, Body()] = False,
) -> JSONResponse:
    if product_id not in products:
        return not_found()
    product = products[product_id]
    old = product.price_cents
    product.price_cents = round(new_price["new_price_cents"])
    answer = {"product_id": product_id, "old_price_cents": old, **approver}
    return JSONResponse(
        {**answer, "new_price_cents": product.price_cents, "announce": announce}, status_code=201
    )
