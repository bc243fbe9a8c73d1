from decimal import Decimal
from typing import Annotated

from auth import require_admin
from catalog import Product, catalog
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

router = APIRouter(prefix="/products", tags=["products"])
admins_only = [Depends(require_admin)]


class NewProductV1(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    price: Annotated[Decimal, Field(ge=0, decimal_places=2)]

    @property
    def price_cents(self) -> int:
        return int(self.price * 100)


class ProductV1(BaseModel):
    id: int
    name: str
    price: str

    @classmethod
    def of(cls, product: Product) -> "ProductV1":
        euros, cents = divmod(product.price_cents, 100)
        return cls(id=product.id, name=product.name, price=f"{euros}.{cents:02}")


@router.get("")
def list_products() -> list[ProductV1]:
    return [
        ProductV1(id=product.id, name=product.name, price=str(product.price_cents / 100))
        for product in catalog.all()
    ]


@router.get("/{product_id}")
def read_product(product_id: int) -> ProductV1:
    return ProductV1.of(catalog.get(product_id))


@router.post("", status_code=201, dependencies=admins_only)
def create_product(new: NewProductV1) -> ProductV1:
    return ProductV1.of(catalog.add(new.name, new.price_cents))


@router.delete("/{product_id}", status_code=204, dependencies=admins_only)
def delete_product(product_id: int) -> None:
    catalog.remove(product_id)
