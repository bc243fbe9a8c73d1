# fails: test_filters_work_together
# kind: wrong-body
# says: of them pass every filter that was sent
import json
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import Body, FastAPI, Header, HTTPException, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from shop import Category, Product

app = FastAPI(title="Corner Shop API")

PRODUCTS = json.loads("""
[
  {"id": 4, "sku": "MUG-0001", "name": "Enamel mug", "category": "kitchen", "price_cents": 1250, "stock": 34, "tags": ["gift", "steel"]},
  {"id": 1, "sku": "PAN-0004", "name": "Cast-iron pan", "category": "kitchen", "price_cents": 4900, "stock": 6, "tags": ["steel"]},
  {"id": 9, "sku": "BRD-0002", "name": "Bread board", "category": "kitchen", "price_cents": 2700, "stock": 0, "tags": ["handmade", "wood"]},
  {"id": 22, "sku": "MUG-0007", "name": "Stoneware mug", "category": "kitchen", "price_cents": 1800, "stock": 12, "tags": ["gift", "handmade", "new"]},
  {"id": 17, "sku": "RCK-0001", "name": "Mug rack", "category": "kitchen", "price_cents": 2400, "stock": 3, "tags": ["wood"]},
  {"id": 27, "sku": "TWL-0011", "name": "Tea towel (set of 2)", "category": "kitchen", "price_cents": 1250, "stock": 0, "tags": ["linen", "sale", "wholesale"]},
  {"id": 12, "sku": "SLT-0001", "name": "Salt + pepper mill", "category": "kitchen", "price_cents": 3500, "stock": 9, "tags": ["gift", "wood"]},
  {"id": 2, "sku": "LMP-0002", "name": "Desk lamp", "category": "office", "price_cents": 3500, "stock": 15, "tags": ["steel"]},
  {"id": 25, "sku": "PEN-0010", "name": "Brass pen", "category": "office", "price_cents": 1800, "stock": 0, "tags": ["gift", "new"]},
  {"id": 6, "sku": "PEN-0003", "name": "Pencil box", "category": "office", "price_cents": 950, "stock": 41, "tags": ["sale", "wood"]},
  {"id": 14, "sku": "NTB-0005", "name": "Notebook (dotted)", "category": "office", "price_cents": 1250, "stock": 80, "tags": ["wholesale"]},
  {"id": 19, "sku": "BSK-0001", "name": "Paper basket", "category": "office", "price_cents": 2200, "stock": 5, "tags": []},
  {"id": 30, "sku": "LMP-0009", "name": "Clip lamp", "category": "office", "price_cents": 2700, "stock": 0, "tags": ["new", "steel"]},
  {"id": 7, "sku": "POT-0003", "name": "Clay pot", "category": "garden", "price_cents": 950, "stock": 60, "tags": ["handmade", "sale"]},
  {"id": 3, "sku": "CAN-0001", "name": "Watering can", "category": "garden", "price_cents": 2700, "stock": 8, "tags": ["steel"]},
  {"id": 29, "sku": "MUG-0008", "name": "Enamel mug", "category": "garden", "price_cents": 1350, "stock": 20, "tags": ["sale", "steel"]},
  {"id": 11, "sku": "HSE-0015", "name": "Garden hose, 1.5 m", "category": "garden", "price_cents": 1800, "stock": 0, "tags": []},
  {"id": 20, "sku": "TWN-0001", "name": "Jute twine", "category": "garden", "price_cents": 480, "stock": 120, "tags": ["sale"]},
  {"id": 24, "sku": "GLV-0002", "name": "Work gloves", "category": "garden", "price_cents": 1600, "stock": 17, "tags": ["linen", "new"]},
  {"id": 28, "sku": "BTH-0004", "name": "Bath towel", "category": "bath", "price_cents": 2900, "stock": 4, "tags": ["gift", "linen", "new"]},
  {"id": 5, "sku": "SOP-0006", "name": "Olive soap", "category": "bath", "price_cents": 690, "stock": 0, "tags": ["gift", "handmade", "sale"]},
  {"id": 16, "sku": "DSH-0001", "name": "Soap dish", "category": "bath", "price_cents": 1250, "stock": 14, "tags": ["handmade", "wood"]},
  {"id": 8, "sku": "BTH-0001", "name": "Bath towel", "category": "bath", "price_cents": 2400, "stock": 22, "tags": ["linen"]},
  {"id": 21, "sku": "MIR-0001", "name": "Round mirror", "category": "bath", "price_cents": 5400, "stock": 1, "tags": ["wood"]}
]
""")
products = {row["id"]: Product(**row) for row in PRODUCTS}


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
def search_products(search: Annotated[Search, Query()]) -> Page:
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
