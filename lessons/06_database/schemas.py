"""Provided: what clients send and what they get. Use it, there is nothing to change here."""

from typing import Annotated

from pydantic import BaseModel, Field


class UserIn(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=80)]


class UserOut(BaseModel):
    id: int
    name: str


class ProductIn(BaseModel):
    sku: Annotated[str, Field(min_length=1, max_length=20)]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    price_cents: Annotated[int, Field(ge=1, le=1_000_000)]
    stock: Annotated[int, Field(ge=0, le=1_000_000)]


class ProductOut(BaseModel):
    id: int
    sku: str
    name: str
    price_cents: int
    stock: int


class ItemIn(BaseModel):
    product_id: Annotated[int, Field(ge=1, le=2_000_000_000)]
    quantity: Annotated[int, Field(ge=1, le=1000)]


class OrderIn(BaseModel):
    user_id: Annotated[int, Field(ge=1, le=2_000_000_000)]
    items: Annotated[list[ItemIn], Field(min_length=1, max_length=50)]


class ItemOut(BaseModel):
    product_id: int
    quantity: int
    price_cents: int
    """Of one piece, when it was ordered."""


class OrderOut(BaseModel):
    id: int
    status: str
    total_cents: int
    items: list[ItemOut]
