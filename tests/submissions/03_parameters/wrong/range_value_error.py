# fails: test_a_price_range_upside_down_is_422
# kind: server-error
# says: raised ValueError: max_price < min_price. No price is at least 2000 and at most 1000. The client has mixed up the two, and 422 tells it so
import uuid
from typing import List, Literal, Optional

from fastapi import Body, FastAPI, Header, HTTPException, Path, Query, Request, Response, status
from pydantic import BaseModel, conint, constr

import shop

app = FastAPI(title="Shop")


class PageOut(BaseModel):
    items: List[shop.Product]
    total: int
    limit: int
    offset: int


class StockBody(BaseModel):
    quantity: conint(ge=0)
    reason: constr(min_length=3, max_length=100)


class NewPrice(BaseModel):
    new_price_cents: conint(ge=1, le=1000000)


class ApprovedBy(BaseModel):
    approved_by: constr(min_length=2, max_length=50)


@app.get("/products", response_model=PageOut)
async def products(
    request: Request,
    q: Optional[str] = Query(None, min_length=2, max_length=50),
    category: Optional[Literal["kitchen", "office", "garden", "bath"]] = Query(None),
    min_price: Optional[int] = Query(None, ge=0),
    max_price: Optional[int] = Query(None, ge=0),
    in_stock: Optional[bool] = Query(None),
    tags: List[str] = Query([], alias="tag"),
    sort: Optional[str] = Query(None, pattern="^-?(name|price)$"),
    limit: int = Query(20, ge=1, le=100),
    offset: int = Query(0, ge=0),
):
    allowed = "q category min_price max_price in_stock tag sort limit offset".split()
    for key in request.query_params.keys():
        if key not in allowed:
            raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, f"{key} is unknown")
    if min_price is not None and max_price is not None and max_price < min_price:
        raise ValueError("max_price < min_price")

    result = []
    for product_id in sorted(shop.products):
        product = shop.products[product_id]
        if q is not None and product.name.upper().find(q.upper()) < 0:
            continue
        if category is not None and product.category != category:
            continue
        if min_price is not None and product.price_cents < min_price:
            continue
        if max_price is not None and product.price_cents > max_price:
            continue
        if in_stock is not None and in_stock is not (product.stock > 0):
            continue
        if not set(tags).issubset(product.tags):
            continue
        result.append(product)
    if sort is not None:
        field = {"name": "name", "price": "price_cents"}[sort.lstrip("-")]
        result = sorted(result, key=lambda p: getattr(p, field), reverse=sort[0] == "-")
    return {
        "items": result[offset : offset + limit],
        "total": len(result),
        "limit": limit,
        "offset": offset,
    }


@app.get("/products/by-sku/{sku}", response_model=shop.Product)
async def product_by_sku(sku: str = Path(min_length=8, max_length=8, pattern="^[A-Z]{3}-[0-9]{4}")):
    try:
        return next(p for p in shop.products.values() if p.sku == sku)
    except StopIteration:
        raise HTTPException(404, "no such sku") from None


@app.put("/products/{product_id}/stock")
async def stock(
    response: Response,
    product_id: int = Path(),
    stock: StockBody = Body(),
    request_id: Optional[uuid.UUID] = Header(None, alias="X-Request-ID"),
):
    if product_id not in shop.products:
        raise HTTPException(404, "no such product")
    shop.products[product_id].stock = stock.quantity
    response.headers["X-Request-ID"] = str(request_id or uuid.uuid4())
    return dict(product_id=product_id, quantity=stock.quantity, reason=stock.reason)


@app.post("/products/{product_id}/price-change", status_code=status.HTTP_201_CREATED)
async def price_change(
    product_id: int = Path(),
    change: NewPrice = Body(),
    approval: ApprovedBy = Body(),
    announce: bool = Body(False),
):
    try:
        product = shop.products[product_id]
    except KeyError:
        raise HTTPException(404, "no such product") from None
    old = product.price_cents
    product.price_cents = change.new_price_cents
    return {
        "product_id": product_id,
        "old_price_cents": old,
        "announce": announce,
        **change.model_dump(),
        **approval.model_dump(),
    }
