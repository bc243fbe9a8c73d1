# An APIRouter with async functions, one model around the whole price change, and a header model.
from functools import cmp_to_key
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, FastAPI, Header, HTTPException, Query, Response
from pydantic import AfterValidator, BaseModel, Field, field_validator
from shop import Category, Product, products

router = APIRouter(prefix="/products", tags=["products"])


class Search(BaseModel, extra="forbid"):
    limit: int = Field(20, gt=0, lt=101)
    offset: int = Field(0, ge=0)
    q: str | None = Field(None, min_length=2, max_length=50)
    category: Category | None = None
    min_price: int = Field(0, ge=0)
    max_price: int | None = Field(None, ge=0)
    in_stock: bool | None = None
    tag: set[str] = set()
    sort: Literal["name", "-name", "price", "-price"] = ""

    @field_validator("max_price")
    @classmethod
    def at_least_min(cls, max_price, info):
        if max_price is not None and max_price < info.data.get("min_price", 0):
            raise ValueError("must not be below min_price")
        return max_price


class Headers(BaseModel):
    x_request_id: UUID | None = None


class Stock(BaseModel):
    quantity: int = Field(ge=0)
    reason: str = Field(min_length=3, max_length=100)


class Change(BaseModel):
    new_price_cents: int = Field(ge=1, le=1_000_000)


class Approval(BaseModel):
    approved_by: str = Field(min_length=2, max_length=50)


class PriceChange(BaseModel):
    change: Change
    approval: Approval
    announce: bool = False


def is_sku(text: str) -> str:
    letters, hyphen, digits = text.partition("-")
    upper = letters.isascii() and letters.isalpha() and letters.isupper() and len(letters) == 3
    if not (upper and hyphen and digits.isascii() and digits.isdigit() and len(digits) == 4):
        raise ValueError("a sku looks like MUG-0001")
    return text


def compare(field, sign):
    def compare_two(one, other):
        a, b = getattr(one, field), getattr(other, field)
        return sign * ((a > b) - (a < b)) or one.id - other.id

    return cmp_to_key(compare_two)


KEYS = {
    "": compare("id", 1),
    "name": compare("name", 1),
    "-name": compare("name", -1),
    "price": compare("price_cents", 1),
    "-price": compare("price_cents", -1),
}


@router.get("/")
async def index(search: Annotated[Search, Query()]):
    def wanted(p: Product):
        yield search.q is None or search.q.lower() in p.name.lower()
        yield search.category in (None, p.category)
        yield search.min_price <= p.price_cents
        yield search.max_price is None or p.price_cents <= search.max_price
        yield search.in_stock in (None, p.stock > 0)
        yield search.tag <= set(p.tags)

    hits = sorted((p for p in products.values() if all(wanted(p))), key=KEYS[search.sort])
    start = search.offset
    return {
        "items": hits[start : start + search.limit],
        "total": len(hits),
        "limit": search.limit,
        "offset": start,
    }


@router.get("/by-sku/{sku}")
async def by_sku(sku: Annotated[str, AfterValidator(is_sku)]) -> Product:
    for product in products.values():
        if product.sku == sku:
            return product
    raise HTTPException(404)


@router.put("/{product_id}/stock/")
async def stock(
    product_id: int, stock: Stock, headers: Annotated[Headers, Header()], response: Response
):
    if (product := products.get(product_id)) is None:
        raise HTTPException(404)
    products[product_id] = product.model_copy(update={"stock": stock.quantity})
    if headers.x_request_id:
        response.headers.append("X-Request-Id", str(headers.x_request_id))
    return {"product_id": product_id, "quantity": stock.quantity, "reason": stock.reason}


@router.post("/{product_id}/price-change", status_code=201)
async def price(product_id: int, request: PriceChange):
    if (product := products.get(product_id)) is None:
        raise HTTPException(404)
    new = request.change.new_price_cents
    products[product_id] = product.model_copy(update={"price_cents": new})
    return {
        "product_id": product_id,
        "old_price_cents": product.price_cents,
        "new_price_cents": new,
        "approved_by": request.approval.approved_by,
        "announce": request.announce,
    }


app = FastAPI()
app.include_router(router)
