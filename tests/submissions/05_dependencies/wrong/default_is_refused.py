# fails: test_the_default_keeps_to_the_maximum
# kind: wrong-status
# says: and this request names no limit at all: it cannot be wrong
import hmac
from datetime import datetime, timezone
from typing import List, Optional

from fastapi import Depends, FastAPI, Header, HTTPException, Query
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings
from store import NewProduct, Product, Repo

app = FastAPI(title="Corner Shop API")


class Config(BaseSettings):
    api_key: str = Field(default="", validation_alias="SHOP_API_KEY")
    page_max: int = Field(default=50, validation_alias="SHOP_PAGE_MAX")


def get_settings():
    return Config()


def get_now():
    return datetime.now(timezone.utc)


def get_repo():
    repo = Repo.open()
    try:
        yield repo
    finally:
        repo.close()


def paging(
    limit: int = Query(20, ge=1),
    offset: int = Query(0, ge=0),
    settings: Config = Depends(get_settings),
):
    if limit > settings.page_max:
        raise HTTPException(status_code=422, detail="limit too big")
    return {"limit": limit, "offset": offset}


def require_api_key(
    x_api_key: str = Header(""), settings: Config = Depends(get_settings)
):
    key = settings.api_key
    if not key or not hmac.compare_digest(key.encode("utf-8"), x_api_key.encode("utf-8")):
        raise HTTPException(status_code=401, detail="Invalid or missing API key")


class Page(BaseModel):
    items: List[Product]
    total: int
    limit: int
    offset: int


def find_or_404(repo, product_id):
    product = repo.get(product_id)
    if not product:
        raise HTTPException(status_code=404, detail="Product not found")
    return product


@app.get("/info")
def info(
    repo: Repo = Depends(get_repo),
    settings: Config = Depends(get_settings),
    now: datetime = Depends(get_now),
):
    return {"page_max": settings.page_max, "now": now, "repo_id": repo.id}


@app.get("/products", response_model=Page)
def list_products(page: dict = Depends(paging), repo: Repo = Depends(get_repo)):
    return {"items": repo.page(**page), "total": repo.count(), **page}


@app.get("/products/{product_id}", response_model=Product)
def read_product(product_id: int, repo: Repo = Depends(get_repo)):
    return find_or_404(repo, product_id)


@app.post(
    "/products",
    status_code=201,
    response_model=Product,
    dependencies=[Depends(require_api_key)],
)
def create_product(new: NewProduct, repo: Repo = Depends(get_repo)):
    return repo.add(new)


@app.put(
    "/products/{product_id}",
    response_model=Product,
    dependencies=[Depends(require_api_key)],
)
def replace_product(product_id: int, new: NewProduct, repo: Repo = Depends(get_repo)):
    find_or_404(repo, product_id)
    return repo.replace(product_id, new)


@app.delete(
    "/products/{product_id}", status_code=204, dependencies=[Depends(require_api_key)]
)
def delete_product(product_id: int, repo: Repo = Depends(get_repo)):
    find_or_404(repo, product_id)
    repo.delete(product_id)
