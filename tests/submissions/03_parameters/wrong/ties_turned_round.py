# fails: test_sort_orders_the_list
# kind: wrong-body
# says: the smaller id comes first, also when the order is turned round by the minus sign
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Body, Depends, FastAPI, Header, HTTPException, Path, Query, Request, Response
from pydantic import BaseModel, Field
from shop import Category, Product, products

app = FastAPI()


class Filters:
    def __init__(
        self,
        q: Annotated[str | None, Query(min_length=2, max_length=50)] = None,
        category: Category | None = None,
        min_price: Annotated[int | None, Query(ge=0)] = None,
        max_price: Annotated[int | None, Query(ge=0)] = None,
        in_stock: bool | None = None,
        tag: Annotated[list[str] | None, Query()] = None,
    ):
        if min_price is not None and max_price is not None and min_price > max_price:
            raise HTTPException(422, "min_price > max_price")
        self.tests = []
        if q:
            self.tests.append(lambda p: q.lower() in p.name.lower())
        if category:
            self.tests.append(lambda p: p.category == category)
        if min_price is not None:
            self.tests.append(lambda p: p.price_cents >= min_price)
        if max_price is not None:
            self.tests.append(lambda p: p.price_cents <= max_price)
        if in_stock is not None:
            self.tests.append(lambda p: bool(p.stock) is in_stock)
        for wanted in tag or ():
            self.tests.append(lambda p, wanted=wanted: wanted in p.tags)

    def apply(self) -> list[Product]:
        return [p for p in products.values() if all(test(p) for test in self.tests)]


class Paging:
    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        offset: Annotated[int, Query(ge=0)] = 0,
    ):
        self.limit, self.offset = limit, offset


def no_strangers(request: Request) -> None:
    known = [
        "q",
        "category",
        "min_price",
        "max_price",
        "in_stock",
        "tag",
        "sort",
        "limit",
        "offset",
    ]
    if any(key not in known for key in request.query_params):
        raise HTTPException(422, "unknown parameter")


def existing(product_id: int) -> Product:
    try:
        return products[product_id]
    except KeyError:
        raise HTTPException(404, "not here") from None


def echo(response: Response, x_request_id: Annotated[UUID | None, Header()] = None) -> None:
    if x_request_id:
        response.headers["X-Request-ID"] = str(x_request_id)


class StockIn(BaseModel):
    quantity: int = Field(ge=0)
    reason: str = Field(min_length=3, max_length=100)


class Change(BaseModel):
    new_price_cents: int = Field(ge=1, le=1_000_000)


class Approval(BaseModel):
    approved_by: str = Field(min_length=2, max_length=50)


ORDERS = {
    None: lambda p: p.id,
    "name": lambda p: (p.name, p.id),
    "price": lambda p: (p.price_cents, p.id),
}


@app.get("/products", dependencies=[Depends(no_strangers)])
def search(
    filters: Annotated[Filters, Depends()],
    paging: Annotated[Paging, Depends()],
    sort: Literal["name", "-name", "price", "-price"] | None = None,
) -> dict:
    found = sorted(filters.apply(), key=ORDERS[None])
    if sort:
        found.sort(key=ORDERS[sort.lstrip("-")], reverse=sort.startswith("-"))
    end = paging.offset + paging.limit
    return {"items": found[paging.offset : end], "total": len(found), **vars(paging)}


@app.get("/products/by-sku/{sku}")
def by_sku(sku: Annotated[str, Path(pattern="^[A-Z][A-Z][A-Z]-[0-9]{4}$")]) -> Product:
    index = {p.sku: p for p in products.values()}
    if sku not in index:
        raise HTTPException(404, "not here")
    return index[sku]


@app.put("/products/{product_id}/stock", dependencies=[Depends(echo)])
def put_stock(product: Annotated[Product, Depends(existing)], stock: StockIn) -> dict:
    product.stock = stock.quantity
    return {"product_id": product.id, **stock.model_dump()}


@app.post("/products/{product_id}/price-change", status_code=201)
def change_price(
    product: Annotated[Product, Depends(existing)],
    change: Annotated[Change, Body()],
    approval: Annotated[Approval, Body()],
    announce: Annotated[bool, Body()] = False,
) -> dict:
    old, product.price_cents = product.price_cents, change.new_price_cents
    return {
        "product_id": product.id,
        "old_price_cents": old,
        "new_price_cents": product.price_cents,
        "approved_by": approval.approved_by,
        "announce": announce,
    }
