# A middleware echoes the header and refuses unknown keys; the bodies are TypedDicts; state is in a dict.
from typing import Annotated
from uuid import UUID

from fastapi import Body, FastAPI, Header, HTTPException, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BeforeValidator, Field, StringConstraints
from shop import Category, products
from typing_extensions import TypedDict

app = FastAPI()
app.state.products = {str(key): value.model_dump() for key, value in products.items()}
NAMES = frozenset(
    {"q", "category", "min_price", "max_price", "in_stock", "tag", "sort", "limit", "offset"}
)


class StockIn(TypedDict):
    quantity: Annotated[int, Field(ge=0)]
    reason: Annotated[str, StringConstraints(min_length=3, max_length=100)]


class Change(TypedDict):
    new_price_cents: Annotated[int, Field(ge=1, le=1_000_000)]


class Approval(TypedDict):
    approved_by: Annotated[str, StringConstraints(min_length=2, max_length=50)]


@app.middleware("http")
async def look_first(request: Request, call_next):
    if request.url.path.rstrip("/") == "/products" and not NAMES.issuperset(request.query_params):
        return JSONResponse({"detail": "unknown query parameter"}, 422)
    response = await call_next(request)
    if response.status_code == 200 and "x-request-id" in request.headers:
        response.headers["X-Request-ID"] = str(UUID(request.headers["x-request-id"]))
    return response


def known_sort(text):
    if text not in {"name", "-name", "price", "-price"}:
        raise ValueError("unknown order")
    return text


@app.get("/products")
async def shelf(
    q: Annotated[str, StringConstraints(min_length=2, max_length=50)] | None = None,
    category: Category | None = None,
    min_price: Annotated[int, Query(ge=0)] = 0,
    max_price: Annotated[int, Query(ge=0)] = 2**62,
    in_stock: bool | None = None,
    tag: Annotated[list[str], Query()] = [],
    sort: Annotated[str | None, BeforeValidator(known_sort)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
):
    if max_price < min_price:
        return JSONResponse({"detail": "an empty range"}, status_code=422)
    found = [
        p
        for p in sorted(app.state.products.values(), key=lambda p: p["id"])
        if min_price <= p["price_cents"] <= max_price
        and (not q or q.lower() in p["name"].lower())
        and (not category or category == p["category"])
        and in_stock in (None, p["stock"] > 0)
        and not set(tag) - set(p["tags"])
    ]
    if sort is not None:
        column = "name" if sort.endswith("name") else "price_cents"
        found.sort(key=lambda p: p[column], reverse="-" in sort)
    return {
        "items": found[offset : offset + limit],
        "total": len(found),
        "limit": limit,
        "offset": offset,
    }


@app.get("/products/by-sku/{sku}")
async def one(sku: Annotated[str, Path(pattern="^[A-Z]{3}-[0-9]{4}$")]):
    found = [p for p in app.state.products.values() if p["sku"] == sku]
    if found:
        return found[0]
    raise HTTPException(404)


@app.put("/products/{product_id}/stock")
async def stock(
    product_id: int, body: StockIn, x_request_id: Annotated[UUID | None, Header()] = None
):
    product = app.state.products.get(str(product_id))
    if product is None:
        raise HTTPException(404)
    product["stock"] = body["quantity"]
    return {"product_id": product_id, **body}


@app.post("/products/{product_id}/price-change", status_code=201)
async def price(
    product_id: int,
    change: Annotated[Change, Body()],
    approval: Annotated[Approval, Body()],
    announce: Annotated[bool, Body()] = False,
):
    product = app.state.products.get(str(product_id))
    if product is None:
        raise HTTPException(404)
    old = product["price_cents"]
    product.update(price_cents=change["new_price_cents"])
    return dict(product_id=product_id, old_price_cents=old, announce=announce, **change, **approval)
