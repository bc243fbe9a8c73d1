from decimal import Decimal

from fastapi import APIRouter, Body, Depends, HTTPException, Response

from ...catalog import catalog
from ..shared import ADMINS, a_product, delete, read_me


def headers(response: Response):
    response.headers["Deprecation"] = "@1767225600"
    response.headers["Sunset"] = "Fri, 31 Dec 2027 23:59:59 GMT"


HEADERS = [Depends(headers)]
router = APIRouter(tags=["v1"])
router.add_api_route("/users/me", read_me)
router.add_api_route("/products/{id}", delete, methods=["DELETE"], status_code=204, **ADMINS)


def as_text(product):
    euros, cents = divmod(product.price_cents, 100)
    return {"id": product.id, "name": product.name, "price": "%d.%02d" % (euros, cents)}


@router.get("/products")
def all_products():
    return list(map(as_text, catalog.all()))


@router.get("/products/{id}")
def one_product(product=Depends(a_product)):
    return as_text(product)


@router.post("/products", status_code=201, **ADMINS)
def new_product(
    name: str = Body(min_length=1, max_length=100),
    price: Decimal = Body(ge=0, max_digits=12, decimal_places=2),
):
    cents = price * 100
    if cents != int(cents):
        raise HTTPException(422)
    return as_text(catalog.add(name, int(cents)))
