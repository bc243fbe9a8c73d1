# fails: test_the_list_comes_in_pages
# kind: validation
# says: reads a parameter from the body, and this request has none
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import Body, FastAPI, Header, HTTPException, Path, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from shop import Category, Product, products

app = FastAPI(title="Corner Shop API")


class Search(BaseModel):
    model_config = ConfigDict(extra="forbid")

    q: Annotated[str | None, Field(min_length=2, max_length=50)] = None
    category: Category | None = None
    min_price: Annotated[int | None, Field(ge=0)] = None
    max_price: Annotated[int | None, Field(ge=0)] = None
    in_stock: bool | None = None
    tag: list[str] = []
    sort: Literal["name", "-name", "price", "-price"] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    offset: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def check_price_range(self) -> Self:
        if self.min_price is None or self.max_price is None:
            return self
        if self.min_price > self.max_price:
            raise ValueError("min_price is more than max_price")
        return self

    def finds(self, product: Product) -> bool:
        return (
            (self.q is None or self.q.lower() in product.name.lower())
            and (self.category is None or product.category == self.category)
            and (self.min_price is None or product.price_cents >= self.min_price)
            and (self.max_price is None or product.price_cents <= self.max_price)
            and (self.in_stock is None or (product.stock > 0) == self.in_stock)
            and all(tag in product.tags for tag in self.tag)
        )


class Page(BaseModel):
    items: list[Product]
    total: int
    limit: int
    offset: int


class StockIn(BaseModel):
    quantity: Annotated[int, Field(ge=0)]
    reason: Annotated[str, Field(min_length=3, max_length=100)]


class StockOut(StockIn):
    product_id: int


class Change(BaseModel):
    new_price_cents: Annotated[int, Field(ge=1, le=1_000_000)]


class Approval(BaseModel):
    approved_by: Annotated[str, Field(min_length=2, max_length=50)]


class PriceChange(BaseModel):
    product_id: int
    old_price_cents: int
    new_price_cents: int
    approved_by: str
    announce: bool


def get_product(product_id: int) -> Product:
    if product_id not in products:
        raise HTTPException(404, "No such product")
    return products[product_id]


@app.get("/products")
def search_products(search: Search) -> Page:
    found = sorted(filter(search.finds, products.values()), key=lambda product: product.id)
    if search.sort:
        # A sort is stable: products that are equal here stay in the order of their ids.
        by_name = search.sort.endswith("name")
        found.sort(
            key=lambda product: product.name if by_name else product.price_cents,
            reverse=search.sort.startswith("-"),
        )
    return Page(
        items=found[search.offset : search.offset + search.limit],
        total=len(found),
        limit=search.limit,
        offset=search.offset,
    )


@app.get("/products/by-sku/{sku}")
def read_by_sku(sku: Annotated[str, Path(pattern=r"^[A-Z]{3}-[0-9]{4}$")]) -> Product:
    for product in products.values():
        if product.sku == sku:
            return product
    raise HTTPException(404, "No such product")


@app.put("/products/{product_id}/stock")
def replace_stock(
    product_id: int,
    stock: StockIn,
    response: Response,
    x_request_id: Annotated[UUID | None, Header()] = None,
) -> StockOut:
    get_product(product_id).stock = stock.quantity
    if x_request_id:
        response.headers["X-Request-ID"] = str(x_request_id)
    return StockOut(product_id=product_id, **stock.model_dump())


@app.post("/products/{product_id}/price-change", status_code=201)
def change_price(
    product_id: int,
    change: Change,
    approval: Approval,
    announce: Annotated[bool, Body()] = False,
) -> PriceChange:
    product = get_product(product_id)
    old_price_cents, product.price_cents = product.price_cents, change.new_price_cents
    return PriceChange(
        product_id=product_id,
        old_price_cents=old_price_cents,
        new_price_cents=change.new_price_cents,
        approved_by=approval.approved_by,
        announce=announce,
    )
