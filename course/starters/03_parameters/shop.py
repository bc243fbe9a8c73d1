"""Provided: what stands on the shop's shelves. Use it, there is nothing to change here."""

import json
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel


class Category(StrEnum):
    kitchen = "kitchen"
    office = "office"
    garden = "garden"
    bath = "bath"


class Product(BaseModel):
    id: int
    sku: str
    name: str
    category: Category
    price_cents: int
    stock: int
    tags: list[str]


_rows = json.loads(Path(__file__).with_name("products.json").read_text("utf-8"))

products: dict[int, Product] = {row["id"]: Product(**row) for row in _rows}
"""All products by id, in the order of products.json, which is not the order of the ids."""
