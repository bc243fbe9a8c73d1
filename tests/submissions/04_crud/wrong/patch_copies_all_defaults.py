# fails: test_patch_changes_only_what_is_sent
# kind: wrong-body
# says: The fields that were not sent came into the change with their defaults and overwrote the product: the client has lost what it never touched
from typing import Optional

from fastapi import APIRouter, FastAPI, HTTPException, Response
from pydantic import BaseModel, ConfigDict, conint, conlist, constr

import shop
from shop import Category, Product, ProductIn

router = APIRouter(prefix="/products", tags=["products"])
next_id = max(shop.products) + 1


class Changes(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: constr(pattern="^[A-Z]{3}-[0-9]{4}$") = None
    name: constr(strip_whitespace=True, min_length=1, max_length=80) = None
    category: Category = None
    price_cents: conint(ge=1, le=1_000_000) = None
    sale_price_cents: Optional[conint(ge=1)] = None
    tags: conlist(str, max_length=10) = None
    description: Optional[constr(max_length=500)] = None


def must_exist(product_id):
    if shop.products.get(product_id) is None:
        raise HTTPException(404, "no product")
    return shop.products[product_id]


@router.get("")
def index() -> list[Product]:
    return list(shop.products.values())


@router.get("/{product_id}")
def show(product_id: int) -> Product:
    return must_exist(product_id)


@router.post("", status_code=201)
def create(product: ProductIn, response: Response) -> Product:
    global next_id
    for other in shop.products.values():
        if other.sku == product.sku:
            raise HTTPException(409, "sku exists")
    shop.products[next_id] = Product(id=next_id, **product.model_dump())
    response.headers["Location"] = "/products/%d" % next_id
    next_id += 1
    return shop.products[next_id - 1]


@router.put("/{product_id}")
def replace(product_id: int, product: ProductIn) -> Product:
    must_exist(product_id)
    for other in shop.products.values():
        if other.sku == product.sku and other.id != product_id:
            raise HTTPException(409, "sku exists")
    shop.products[product_id] = Product(id=product_id, **product.model_dump())
    return shop.products[product_id]


@router.patch("/{product_id}")
def update(product_id: int, changes: Changes) -> Product:
    copy = must_exist(product_id).model_copy(deep=True)
    copy = copy.model_copy(update=changes.model_dump())
    if "sku" in changes.model_fields_set:
        for other in shop.products.values():
            if other.sku == copy.sku and other.id != product_id:
                raise HTTPException(409, "sku exists")
    if copy.price_cents and copy.sale_price_cents and copy.sale_price_cents >= copy.price_cents:
        raise HTTPException(422, "no sale")
    shop.products[product_id] = copy
    return copy


@router.delete("/{product_id}", status_code=204)
def destroy(product_id: int) -> None:
    must_exist(product_id)
    shop.products.pop(product_id)


app = FastAPI()
app.include_router(router)
