from typing import Annotated, Literal

from auth import require_admin
from catalog import Product, catalog
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

router = APIRouter(prefix="/products", tags=["products"])
admins_only = [Depends(require_admin)]


class NewProductV2(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    price_cents: Annotated[int, Field(ge=0)]
    currency: Literal["EUR"] = "EUR"


class ProductV2(BaseModel):
    id: int
    name: str
    price_cents: int
    currency: Literal["EUR"]

    @classmethod
    def of(cls, product: Product) -> "ProductV2":
        return cls.model_validate(product.model_dump())


@router.get("")
def list_products() -> list[ProductV2]:
    return [ProductV2.of(product) for product in catalog.all()]


@router.get("/{product_id}")
def read_product(product_id: int) -> ProductV2:
    return ProductV2.of(catalog.get(product_id))


@router.post("", status_code=201)
def create_product(new: NewProductV2) -> ProductV2:
    return ProductV2.of(catalog.add(new.name, new.price_cents))


@router.delete("/{product_id}", status_code=204, dependencies=admins_only)
def delete_product(product_id: int) -> None:
    catalog.remove(product_id)
