"""Provided: the service behind all products. Use it, there is nothing to change here.

It knows nothing of HTTP and of versions: prices are whole cents, and what is not there is an
exception of its own.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SOLD = [("Enamel mug", 1250), ("Cast-iron pan", 4900), ("Desk lamp", 3505)]


class UnknownProduct(LookupError):
    """No product has this id."""


class Product(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: int
    name: str
    price_cents: Annotated[int, Field(ge=0)]
    currency: Literal["EUR"] = "EUR"


class Catalog:
    """The products. It has to be open: call `open()` when the app starts, `close()` when it stops."""

    def __init__(self) -> None:
        self._products: dict[int, Product] | None = None

    def open(self) -> None:
        self._products = {}
        for name, price_cents in SOLD:
            self.add(name, price_cents)

    def close(self) -> None:
        self._products = None

    def all(self) -> list[Product]:
        return list(self._shelves.values())

    def get(self, product_id: int) -> Product:
        """UnknownProduct when there is none."""
        if product_id not in self._shelves:
            raise UnknownProduct(product_id)
        return self._shelves[product_id]

    def add(self, name: str, price_cents: int) -> Product:
        product_id = max(self._shelves, default=0) + 1
        product = Product(id=product_id, name=name, price_cents=price_cents)
        self._shelves[product_id] = product
        return product

    def remove(self, product_id: int) -> None:
        """UnknownProduct when there is none."""
        self.get(product_id)
        del self._shelves[product_id]

    @property
    def _shelves(self) -> dict[int, Product]:
        if self._products is None:
            raise RuntimeError("The catalogue is not open: nobody has called catalog.open()")
        return self._products


catalog = Catalog()
