# fails: test_put_and_patch_refuse_a_taken_sku
# kind: wrong-body
# says: The request was refused, and yet the shop is another one than before. Something was stored, changed or deleted first and checked afterwards
from fastapi import FastAPI, HTTPException, Response
from pydantic import ValidationError
from shop import ProductIn
from shop import products as provided

app = FastAPI()
shelf = [product.model_dump(mode="json") for product in provided.values()]
counter = {"last": shelf[-1]["id"]}


def find(product_id):
    for product in shelf:
        if product["id"] == product_id:
            return product
    raise HTTPException(404)


def taken(sku, but=None):
    return sku in [product["sku"] for product in shelf if product is not but]


@app.get("/products")
def everything():
    return shelf


@app.get("/products/{product_id}")
def read(product_id: int):
    return find(product_id)


@app.post("/products", status_code=201)
def create(body: ProductIn, response: Response):
    if taken(body.sku):
        raise HTTPException(409)
    counter["last"] += 1
    shelf.append({"id": counter["last"], **body.model_dump(mode="json")})
    response.headers["Location"] = f"products/{counter['last']}"
    return shelf[-1]


@app.put("/products/{product_id}")
def replace(product_id: int, body: ProductIn):
    product = find(product_id)
    if taken(body.sku, but=product):
        raise HTTPException(409)
    product.update(body.model_dump(mode="json"))
    return product


@app.patch("/products/{product_id}")
def change(product_id: int, body: dict):
    product = find(product_id)
    without_id = {key: value for key, value in product.items() if key != "id"}
    try:
        new = ProductIn(**{**without_id, **body})
    except ValidationError as error:
        raise HTTPException(422, error.errors(include_context=False, include_url=False)) from error
    product.update(new.model_dump(mode="json"))
    if taken(new.sku, but=product):
        raise HTTPException(409)
    return product


@app.delete("/products/{product_id}", status_code=204)
def remove(product_id: int):
    shelf.remove(find(product_id))
