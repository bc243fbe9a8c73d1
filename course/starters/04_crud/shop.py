"""Provided: a product, its rules, and the store. Use it, there is nothing to change here."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator


class Category(StrEnum):
    kitchen = "kitchen"
    office = "office"
    garden = "garden"
    bath = "bath"


class ProductFields(BaseModel):
    sku: Annotated[str, Field(pattern=r"^[A-Z]{3}-[0-9]{4}$")]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    category: Category
    price_cents: Annotated[int, Field(ge=1, le=1_000_000)]
    sale_price_cents: Annotated[int | None, Field(ge=1)] = None
    tags: Annotated[list[str], Field(max_length=10)] = []
    description: Annotated[str | None, Field(max_length=500)] = None


class ProductIn(ProductFields):
    """A product as a client writes it, with all rules. The id is not for the client to say."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="after")
    def check_sale_price(self) -> Self:
        if self.sale_price_cents is not None and self.sale_price_cents >= self.price_cents:
            raise ValueError("a sale price must be lower than the price")
        return self


class Product(ProductFields):
    """A product as the shop keeps it."""

    id: int


_rows = json.loads(Path(__file__).with_name("products.json").read_text("utf-8"))

products: dict[int, Product] = {row["id"]: Product(**row) for row in _rows}
"""The store: all products by id, in the order of their ids."""
