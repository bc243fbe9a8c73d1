# fails: test_location_points_to_the_new_product
# kind: wrong-header
# says: This Location leads to
from itertools import count
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from shop import Product, ProductIn, products

app = FastAPI(title="Corner Shop API")
ids = count(max(products) + 1)
NOT_SENT: Any = object()
Free = Annotated[Any, Field(default_factory=lambda: NOT_SENT)]


class Patch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: Free
    name: Free
    category: Free
    price_cents: Free
    sale_price_cents: Free
    tags: Free
    description: Free


def existing(product_id: int) -> Product:
    product = products.get(product_id)
    if product is None:
        raise HTTPException(404)
    return product


def save(product: Product) -> Product:
    if product.sku in {p.sku for p in products.values() if p.id != product.id}:
        raise HTTPException(409)
    products[product.id] = product
    return product


@app.get("/products")
def read_all() -> list[Product]:
    return list(products.values())


@app.get("/products/{product_id}")
def read(product_id: int) -> Product:
    return existing(product_id)


@app.post("/products", status_code=201)
def create(new: ProductIn, response: Response) -> Product:
    product = save(Product(id=next(ids), **new.model_dump()))
    response.headers["Location"] = f"/products/{len(products)}"
    return product


@app.put("/products/{product_id}")
def replace(product_id: int, new: ProductIn) -> Product:
    return save(Product(id=existing(product_id).id, **new.model_dump()))


@app.patch("/products/{product_id}")
def change(product_id: int, patch: Patch) -> Product:
    fields = existing(product_id).model_dump(exclude={"id"})
    for name, value in patch:
        if value is not NOT_SENT:
            fields[name] = value
    try:
        new = ProductIn(**fields)
    except ValidationError:
        raise HTTPException(422, "the product would break a rule") from None
    return save(Product(id=product_id, **new.model_dump()))


@app.delete("/products/{product_id}", status_code=204)
def delete(product_id: int) -> None:
    products.pop(existing(product_id).id)
