# fails: test_the_repo_is_closed_after_an_error
# kind: wrong-body
# says: the exception comes out of the yield, and only a finally runs after it
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query
from pydantic import BaseModel
from pydantic_settings import BaseSettings, SettingsConfigDict
from store import NewProduct, Product, Repo


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")

    api_key: str = ""
    page_max: int = 50


@lru_cache
def get_settings() -> Settings:
    return Settings()


SettingsDep = Annotated[Settings, Depends(get_settings)]


def get_now() -> datetime:
    return datetime.now(UTC)


def get_repo() -> Iterator[Repo]:
    repo = Repo.open()
    yield repo
    repo.close()


RepoDep = Annotated[Repo, Depends(get_repo)]


def get_product(product_id: int, repo: RepoDep) -> Product:
    product = repo.get(product_id)
    if product is None:
        raise HTTPException(404, "No such product")
    return product


ProductDep = Annotated[Product, Depends(get_product)]


class Pagination:
    def __init__(
        self,
        settings: SettingsDep,
        limit: Annotated[int | None, Query(ge=1)] = None,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> None:
        if limit is not None and limit > settings.page_max:
            raise HTTPException(422, f"limit is more than {settings.page_max}")
        self.limit = min(20, settings.page_max) if limit is None else limit
        self.offset = offset


def require_api_key(
    settings: SettingsDep, x_api_key: Annotated[str | None, Header()] = None
) -> None:
    # Without a key of its own the shop lets nobody in, not even those who send an empty one.
    if not settings.api_key or not x_api_key:
        raise HTTPException(401, "X-API-Key is missing")
    if not secrets.compare_digest(x_api_key.encode(), settings.api_key.encode()):
        raise HTTPException(401, "X-API-Key is wrong")


class Info(BaseModel):
    page_max: int
    now: datetime
    repo_id: int


class Page(BaseModel):
    items: list[Product]
    total: int
    limit: int
    offset: int


app = FastAPI(title="Corner Shop API")
writes = APIRouter(dependencies=[Depends(require_api_key)])


@app.get("/info")
def read_info(
    settings: SettingsDep, now: Annotated[datetime, Depends(get_now)], repo: RepoDep
) -> Info:
    return Info(page_max=settings.page_max, now=now, repo_id=repo.id)


@app.get("/products")
def list_products(page: Annotated[Pagination, Depends()], repo: RepoDep) -> Page:
    items = repo.page(page.limit, page.offset)
    return Page(items=items, total=repo.count(), limit=page.limit, offset=page.offset)


@app.get("/products/{product_id}")
def read_product(product: ProductDep) -> Product:
    return product


@writes.post("/products", status_code=201)
def create_product(new: NewProduct, repo: RepoDep) -> Product:
    return repo.add(new)


@writes.put("/products/{product_id}")
def replace_product(product: ProductDep, new: NewProduct, repo: RepoDep) -> Product:
    return repo.replace(product.id, new)


@writes.delete("/products/{product_id}", status_code=204)
def delete_product(product: ProductDep, repo: RepoDep) -> None:
    repo.delete(product.id)


app.include_router(writes)
