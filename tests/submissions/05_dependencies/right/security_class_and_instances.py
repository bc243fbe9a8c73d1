# FastAPI's APIKeyHeader, a callable instance as guard, plain environment, a class that yields.
import os
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from store import NewProduct, Product, Repo


class get_settings:
    def __init__(self) -> None:
        self.api_key = os.environ.get("SHOP_API_KEY")
        self.page_max = int(os.environ.get("SHOP_PAGE_MAX", "50"))


class OneRepo:
    def __call__(self):
        repo = Repo()
        try:
            yield repo
        finally:
            repo.close()


class Guard:
    async def __call__(
        self,
        sent: Annotated[str | None, Depends(APIKeyHeader(name="X-API-Key"))],
        settings: Annotated[Any, Depends(get_settings)],
    ) -> None:
        if not settings.api_key or sent != settings.api_key:
            raise HTTPException(401, headers={"WWW-Authenticate": "APIKey"})


get_repo = OneRepo()
require_api_key = Guard()


async def get_now():
    return datetime.now(UTC)


async def paging(
    settings: Annotated[Any, Depends(get_settings)],
    limit: Annotated[int | None, Query(gt=0)] = None,
    offset: Annotated[int, Query(gt=-1)] = 0,
):
    limit = limit or min(20, settings.page_max)
    if limit > settings.page_max:
        problem = {"type": "less_than_equal", "loc": ["query", "limit"], "msg": "too many"}
        raise RequestValidationError([problem])
    return limit, offset


reads = APIRouter()
writes = APIRouter()


@reads.get("/info")
async def info(
    now: Annotated[datetime, Depends(get_now)],
    repo: Annotated[Repo, Depends(get_repo)],
    settings: Annotated[Any, Depends(get_settings)],
):
    return {"now": now.isoformat(), "repo_id": repo.id, "page_max": settings.page_max}


@reads.get("/products")
async def products(
    page: Annotated[tuple, Depends(paging)], repo: Annotated[Repo, Depends(get_repo)]
):
    limit, offset = page
    items = [product.model_dump() for product in repo.page(limit, offset)]
    return JSONResponse(
        {"items": items, "total": repo.count(), "limit": limit, "offset": offset}
    )


async def existing(product_id: int, repo: Annotated[Repo, Depends(get_repo)]) -> Product:
    if found := repo.get(product_id):
        return found
    raise HTTPException(404)


@reads.get("/products/{product_id}")
async def product(found: Annotated[Product, Depends(existing)]):
    return found


@writes.post("/products", status_code=201)
async def create(new: NewProduct, repo: Annotated[Repo, Depends(get_repo)]):
    return repo.add(new)


@writes.put("/products/{product_id}")
async def replace(
    found: Annotated[Product, Depends(existing)],
    new: NewProduct,
    repo: Annotated[Repo, Depends(get_repo)],
):
    return repo.replace(found.id, new)


@writes.delete("/products/{product_id}")
async def delete(
    found: Annotated[Product, Depends(existing)], repo: Annotated[Repo, Depends(get_repo)]
):
    repo.delete(found.id)
    return Response(status_code=204)


app = FastAPI()
app.include_router(reads)
app.include_router(writes, dependencies=[Depends(require_api_key)])
