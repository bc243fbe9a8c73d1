from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le, Len
from pydantic import BaseModel, ConfigDict, model_validator
from shop import Category, Product

Cents = Annotated[int, Ge(0)]


class Search(BaseModel):
    model_config = ConfigDict(extra="forbid")
    q: Annotated[str, Len(2, 50)] | None = None
    category: Category | None = None
    min_price: Cents | None = None
    max_price: Cents | None = None
    in_stock: bool | None = None
    tag: tuple[str, ...] = ()
    sort: Literal["name", "-name", "price", "-price"] | None = None
    limit: Annotated[int, Ge(1), Le(100)] = 20
    offset: Annotated[int, Ge(0)] = 0

    @model_validator(mode="after")
    def range_is_upright(self):
        match self.min_price, self.max_price:
            case int(low), int(high) if low > high:
                raise ValueError(f"{low} > {high}")
        return self


class Page(BaseModel):
    items: list[Product]
    total: int
    limit: int
    offset: int


class Stock(BaseModel):
    quantity: Annotated[int, Ge(0)]
    reason: Annotated[str, Len(3, 100)]


@dataclass
class Change:
    new_price_cents: Annotated[int, Ge(1), Le(1_000_000)]


@dataclass
class Approval:
    approved_by: Annotated[str, Len(2, 50)]


@dataclass
class PriceChanged:
    product_id: int
    old_price_cents: int
    new_price_cents: int
    approved_by: str
    announce: bool
