"""Provided: the shop's products, and the Repo that reaches them. There is nothing to change here.

A Repo stands for a connection to a database. It must be opened, and closed when the work is done.
"""

from itertools import count
from typing import Annotated, Self

from pydantic import BaseModel, Field


class NewProduct(BaseModel):
    sku: Annotated[str, Field(min_length=1, max_length=20)]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    price_cents: Annotated[int, Field(ge=0)]
    description: str | None = None


class Product(NewProduct):
    id: int


class Repo:
    """An open way to the products, with an `id` that no other Repo has."""

    def __init__(self) -> None:
        self.id = next(_numbers)
        self._is_open = True
        log.append(f"open {self.id}")

    @classmethod
    def open(cls) -> Self:
        return cls()

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            log.append(f"close {self.id}")

    def page(self, limit: int, offset: int) -> list[Product]:
        """At most `limit` products in the order of their ids, without the first `offset`."""
        products = sorted(self._rows().values(), key=lambda product: product.id)
        return products[offset : offset + limit]

    def count(self) -> int:
        return len(self._rows())

    def get(self, product_id: int) -> Product | None:
        return self._rows().get(product_id)

    def add(self, new: NewProduct) -> Product:
        return self._keep(max(self._rows(), default=0) + 1, new)

    def replace(self, product_id: int, new: NewProduct) -> Product:
        """Raises KeyError when there is no such product."""
        return self._keep(self._rows()[product_id].id, new)

    def delete(self, product_id: int) -> None:
        """Raises KeyError when there is no such product."""
        del self._rows()[product_id]

    def _keep(self, product_id: int, new: NewProduct) -> Product:
        product = Product(id=product_id, **new.model_dump(exclude={"id"}))
        self._rows()[product_id] = product
        return product

    def _rows(self) -> dict[int, Product]:
        if not self._is_open:
            raise RuntimeError(
                f"Repo {self.id} is used after it was closed. Close it when the request is over: "
                "below the yield of the function that opens it."
            )
        return _products


log: list[str] = []
"""What was opened and closed since the start, in that order: "open 1", "close 1", …"""

_numbers = count(1)
_names = {
    "MUG-0001": ("Enamel mug", 1250),
    "LMP-0001": ("Desk lamp", 3500),
    "POT-0001": ("Clay pot", 800),
    "MUG-0002": ("Stoneware mug", 1800),
    "BRD-0001": ("Bread board", 2200),
    "TWL-0001": ("Tea towel", 650),
    "BSK-0001": ("Willow basket", 2900),
    "CAN-0001": ("Watering can", 2400),
    "CLK-0001": ("Wall clock", 4200),
    "BRS-0001": ("Dish brush", 450),
    "JAR-0001": ("Storage jar", 990),
    "HKS-0001": ("Coat hooks", 1600),
}
_products = {
    number: Product(id=number, sku=sku, name=name, price_cents=price_cents)
    for number, (sku, (name, price_cents)) in enumerate(_names.items(), start=1)
}
