# fails: test_post_refuses_what_breaks_a_rule
# kind: wrong-status
# says: has chosen or changed the id
from itertools import count

from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.experimental.missing_sentinel import MISSING
from shop import Category, Product, ProductIn, products

app = FastAPI()
ids = count(max(products) + 1)


class Patch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: str | MISSING = MISSING
    name: str | MISSING = MISSING
    category: Category | MISSING = MISSING
    price_cents: int | MISSING = MISSING
    sale_price_cents: int | None | MISSING = MISSING
    tags: list[str] | MISSING = MISSING
    description: str | None | MISSING = MISSING


def get_or_404(product_id: int) -> Product:
    if product_id in products:
        return products[product_id]
    raise HTTPException(404)


def conflict(sku: str, me: int | None) -> None:
    if [p for p in products.values() if p.sku == sku and p.id != me]:
        raise HTTPException(409)


@app.get("/products")
def read_all() -> list[Product]:
    return [*products.values()]


@app.get("/products/{product_id}")
def read(product_id: int) -> Product:
    return get_or_404(product_id)


@app.post("/products", status_code=201)
def create(body: dict, response: Response) -> Product:
    body.pop("id", None)
    try:
        new = ProductIn(**body)
    except ValidationError as error:
        raise HTTPException(422, str(error)) from None
    conflict(new.sku, None)
    id_ = next(ids)
    products[id_] = Product(id=id_, **new.model_dump())
    response.headers["Location"] = f"./products/{id_}"
    return products[id_]


@app.put("/products/{product_id}")
def replace(product_id: int, new: ProductIn) -> Product:
    get_or_404(product_id)
    conflict(new.sku, product_id)
    products[product_id] = Product(id=product_id, **new.model_dump())
    return products[product_id]


@app.patch("/products/{product_id}")
def change(product_id: int, patch: Patch) -> Product:
    old = get_or_404(product_id)
    try:
        new = ProductIn(**old.model_dump(exclude={"id"}) | patch.model_dump())
    except ValidationError as error:
        raise HTTPException(422, str(error)) from None
    conflict(new.sku, product_id)
    products[product_id] = Product(id=product_id, **new.model_dump())
    return products[product_id]


@app.delete("/products/{product_id}", status_code=204, response_class=Response)
def delete(product_id: int):
    get_or_404(product_id)
    del products[product_id]
