# fails: test_in_stock_is_a_switch_with_three_positions
# kind: wrong-body
# says: in_stock=false finds the products with exactly 0 in stock, and no others
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Body, FastAPI, Header, HTTPException, Path, Query, Request, Response
from pydantic import BaseModel, Field
from shop import Category, Product, products

app = FastAPI()

KNOWN = {"q", "category", "min_price", "max_price", "in_stock", "tag", "sort", "limit", "offset"}


class Sort(StrEnum):
    name_up = "name"
    name_down = "-name"
    price_up = "price"
    price_down = "-price"


class Stock(BaseModel):
    quantity: int = Field(ge=0, strict=True)
    reason: str = Field(min_length=3, max_length=100)


class Change(BaseModel):
    new_price_cents: int = Field(gt=0, le=1_000_000)


class Approval(BaseModel):
    approved_by: str = Field(min_length=2, max_length=50)


@app.get("/products")
def list_products(
    request: Request,
    q: Annotated[str | None, Query(min_length=2, max_length=50)] = None,
    category: Category | None = None,
    min_price: Annotated[int, Query(ge=0)] = 0,
    max_price: Annotated[int | None, Query(ge=0)] = None,
    in_stock: str | None = None,
    tag: Annotated[list[str] | None, Query()] = None,
    sort: Sort | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
):
    unknown = set(request.query_params) - KNOWN
    if unknown:
        raise HTTPException(status_code=422, detail=f"Unknown: {sorted(unknown)}")
    if max_price is not None and min_price > max_price:
        raise HTTPException(status_code=422, detail="min_price is above max_price")

    found = list(products.values())
    if q:
        found = [p for p in found if q.casefold() in p.name.casefold()]
    if category:
        found = [p for p in found if p.category is category]
    found = [p for p in found if p.price_cents >= min_price]
    if max_price is not None:
        found = [p for p in found if p.price_cents <= max_price]
    if in_stock:
        found = [p for p in found if p.stock > 0]
    for one in tag or []:
        found = [p for p in found if one in p.tags]

    match sort:
        case None:
            found.sort(key=lambda p: p.id)
        case Sort.name_up:
            found.sort(key=lambda p: (p.name, p.id))
        case Sort.name_down:
            found.sort(key=lambda p: (p.name, -p.id), reverse=True)
        case Sort.price_up:
            found.sort(key=lambda p: (p.price_cents, p.id))
        case Sort.price_down:
            found.sort(key=lambda p: (-p.price_cents, p.id))
    return {
        "total": len(found),
        "items": found[offset:][:limit],
        "offset": offset,
        "limit": limit,
    }


@app.get("/products/by-sku/{sku}")
def by_sku(sku: Annotated[str, Path(pattern=r"^[A-Z]{3}-\d{4}$")]):
    matching = [p for p in products.values() if p.sku == sku]
    if not matching:
        raise HTTPException(404)
    return matching[0]


@app.put("/products/{id}/stock")
def put_stock(
    id: Annotated[int, Path(ge=1)],
    body: Stock,
    response: Response,
    x_request_id: Annotated[UUID | None, Header()] = None,
):
    product: Product | None = products.get(id)
    if product is None:
        raise HTTPException(404)
    product.stock = body.quantity
    if x_request_id is not None:
        response.headers["x-request-id"] = str(x_request_id)
    return {"product_id": id, **body.model_dump()}


@app.post("/products/{id}/price-change", status_code=201)
def post_price_change(
    id: Annotated[int, Path(ge=1)],
    change: Change,
    approval: Approval,
    announce: Annotated[bool, Body()] = False,
):
    product = products.get(id)
    if product is None:
        raise HTTPException(404)
    answer = {
        "product_id": id,
        "old_price_cents": product.price_cents,
        "new_price_cents": change.new_price_cents,
        "approved_by": approval.approved_by,
        "announce": announce,
    }
    product.price_cents = change.new_price_cents
    return answer
