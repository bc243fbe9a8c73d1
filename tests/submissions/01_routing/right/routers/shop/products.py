from typing import Annotated

from catalog import Product
from fastapi import APIRouter, HTTPException, Path

from .store import store

router = APIRouter(tags=["products"])


@router.get("")
def list_products() -> list[Product]:
    return store


@router.get("/featured")
def list_featured() -> list[Product]:
    return [product for product in store if product["featured"]]


@router.get("/{product_id}")
def read_product(product_id: Annotated[int, Path(ge=1)]) -> Product:
    for product in store:
        if product["id"] == product_id:
            return product
    raise HTTPException(404, {"error": "not found"})
