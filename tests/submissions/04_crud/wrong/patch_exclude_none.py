# fails: test_patch_takes_null_and_empty_values
# kind: wrong-body
# says: null was dropped as if nothing had been sent, as exclude_none
from itertools import count

from fastapi import FastAPI, HTTPException, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError
from shop import Category, Product, ProductIn, products

app = FastAPI(title="Corner Shop API")

new_ids = count(max(products) + 1)


class ProductPatch(BaseModel):
    """Each field may be left out. The rules are those of the product that comes out."""

    model_config = ConfigDict(extra="forbid")

    sku: str | None = None
    name: str | None = None
    category: Category | None = None
    price_cents: int | None = None
    sale_price_cents: int | None = None
    tags: list[str] | None = None
    description: str | None = None


def get_product(product_id: int) -> Product:
    if product_id not in products:
        raise HTTPException(404, "No such product")
    return products[product_id]


def check_sku(sku: str, own_id: int | None = None) -> None:
    if any(other.sku == sku and other.id != own_id for other in products.values()):
        raise HTTPException(409, "Another product has this sku")


@app.get("/products")
def list_products() -> list[Product]:
    return list(products.values())


@app.get("/products/{product_id}")
def read_product(product_id: int) -> Product:
    return get_product(product_id)


@app.post("/products", status_code=201)
def create_product(new: ProductIn, response: Response) -> Product:
    check_sku(new.sku)
    product = Product(id=next(new_ids), **new.model_dump())
    products[product.id] = product
    response.headers["Location"] = f"/products/{product.id}"
    return product


@app.put("/products/{product_id}")
def replace_product(product_id: int, new: ProductIn) -> Product:
    get_product(product_id)
    check_sku(new.sku, product_id)
    products[product_id] = Product(id=product_id, **new.model_dump())
    return products[product_id]


@app.patch("/products/{product_id}")
def change_product(product_id: int, patch: ProductPatch) -> Product:
    product = get_product(product_id)
    merged = product.model_dump(exclude={"id"}) | patch.model_dump(exclude_none=True)
    try:
        new = ProductIn.model_validate(merged)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False)) from error
    return replace_product(product_id, new)


@app.delete("/products/{product_id}", status_code=204)
def delete_product(product_id: int) -> None:
    get_product(product_id)
    del products[product_id]
