from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Query
from pydantic import BaseModel
from pydantic_settings import BaseSettings, SettingsConfigDict
from store import NewProduct, Product, Repo

app = FastAPI(title="Corner Shop API")

# TODO 1: class Settings, which reads SHOP_API_KEY and SHOP_PAGE_MAX, and get_settings().
# TODO 2: get_now() returns the time in UTC, and GET /info shows it.
# TODO 3: get_repo() opens a Repo for each request, and closes it whatever happens.
#   With it, the next line goes away, and every function asks for its repo.
repo = Repo.open()
# TODO 4: the limit and the offset of a page come from a dependency, which knows the settings.
#   With SHOP_PAGE_MAX=5: GET /products          200 {"items": […], …, "limit": 5, "offset": 0}
#                         GET /products?limit=6  422
# TODO 5: require_api_key() answers 401 to every write without the key.
#   DELETE /products/1                            401
#   DELETE /products/1  with X-API-Key: (the key)  204


class Page(BaseModel):
    items: list[Product]
    total: int
    limit: int
    offset: int


@app.get("/info")
def read_info() -> dict:
    #   GET /info
    #   200 {"page_max": 50, "now": "2026-11-22T12:00:00Z", "repo_id": 7}
    return {"page_max": 0, "now": None, "repo_id": repo.id}


@app.get("/products")
def list_products(
    limit: Annotated[int, Query(ge=1)] = 20, offset: Annotated[int, Query(ge=0)] = 0
) -> Page:
    items = repo.page(limit, offset)
    return Page(items=items, total=repo.count(), limit=limit, offset=offset)


@app.get("/products/{product_id}")
def read_product(product_id: int) -> Product:
    product = repo.get(product_id)
    if product is None:
        raise HTTPException(404, "No such product")
    return product


@app.post("/products", status_code=201)
def create_product(new: NewProduct) -> Product:
    return repo.add(new)


@app.put("/products/{product_id}")
def replace_product(product_id: int, new: NewProduct) -> Product:
    if repo.get(product_id) is None:
        raise HTTPException(404, "No such product")
    return repo.replace(product_id, new)


@app.delete("/products/{product_id}", status_code=204)
def delete_product(product_id: int) -> None:
    if repo.get(product_id) is None:
        raise HTTPException(404, "No such product")
    repo.delete(product_id)
