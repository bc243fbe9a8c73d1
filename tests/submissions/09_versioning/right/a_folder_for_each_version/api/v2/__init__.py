from typing import Literal

from fastapi import APIRouter, Body, Depends

from ...catalog import catalog
from ..shared import ADMINS, a_product, delete, read_me

router = APIRouter(tags=["v2"])
router.add_api_route("/users/me", read_me)
router.add_api_route("/products/{id}", delete, methods=["DELETE"], status_code=204, **ADMINS)


@router.get("/products")
def all_products():
    return catalog.all()


@router.get("/products/{id}")
def one_product(product=Depends(a_product)):
    return product


@router.post("/products", status_code=201, **ADMINS)
def new_product(
    name: str = Body(min_length=1, max_length=100),
    price_cents: int = Body(ge=0),
    currency: Literal["EUR"] = Body("EUR"),
):
    return catalog.add(name, price_cents)
