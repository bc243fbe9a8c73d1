from typing import Annotated

from deps import NowDep, Paging, RepoDep, SettingsDep, paging, product_or_404, require_api_key
from fastapi import APIRouter, Depends
from store import NewProduct, Product

router = APIRouter()
GUARDED = [Depends(require_api_key)]
ProductDep = Annotated[Product, Depends(product_or_404)]


@router.get("/info")
def info(settings: SettingsDep, now: NowDep, repo: RepoDep) -> dict:
    return dict(page_max=settings.page_max, now=now, repo_id=repo.id)


@router.get("/products")
def index(paging: Annotated[Paging, Depends(paging)], repo: RepoDep) -> dict:
    items = repo.page(**paging.model_dump())
    return {"items": items, "total": repo.count(), **paging.model_dump()}


@router.get("/products/{product_id}")
def show(product: ProductDep) -> Product:
    return product


@router.post("/products", status_code=201, dependencies=GUARDED)
def create(product: NewProduct, repo: RepoDep) -> Product:
    return repo.add(product)


@router.put("/products/{product_id}", dependencies=GUARDED)
def update(product: ProductDep, new: NewProduct, repo: RepoDep) -> Product:
    return repo.replace(product.id, new)


@router.delete("/products/{product_id}", status_code=204, dependencies=GUARDED)
def destroy(product: ProductDep, repo: RepoDep) -> None:
    repo.delete(product.id)
