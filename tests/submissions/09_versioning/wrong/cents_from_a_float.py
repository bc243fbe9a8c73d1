# fails: test_texts_become_cents
# kind: wrong-body
# says: A float cannot hold most prices, and the shop loses a cent here and there
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from auth import CurrentUser, require_admin
from catalog import Product, UnknownProduct, catalog
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, Field
from routers import login

ADMIN = [Depends(require_admin)]


class Draft1(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    price: Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]{2}$")]


class Draft2(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    price_cents: Annotated[int, Field(ge=0)]
    currency: Annotated[str, Field(pattern="^EUR$")] = "EUR"


class Old(BaseModel):
    id: int
    name: str
    price: str


def old(product: Product) -> Old:
    digits = f"{product.price_cents:03}"
    return Old(id=product.id, name=product.name, price=f"{digits[:-2]}.{digits[-2:]}")


def found(product_id: int) -> Product:
    try:
        return catalog.get(product_id)
    except UnknownProduct:
        raise HTTPException(404) from None


Found = Annotated[Product, Depends(found)]

v1 = APIRouter(prefix="/api/v1", deprecated=True)
v2 = APIRouter(prefix="/api/v2")


@v1.get("/users/me")
@v2.get("/users/me")
def read_me(user: CurrentUser) -> dict:
    return {"id": user.id, "username": user.username, "role": user.role}


@v1.get("/products")
def list_old() -> list[Old]:
    return [old(product) for product in catalog.all()]


@v1.get("/products/{number}")
def read_old(number: int) -> Old:
    return old(found(number))


@v1.post("/products", status_code=201, dependencies=ADMIN)
def create_old(draft: Draft1) -> Old:
    return old(catalog.add(draft.name, int(float(draft.price) * 100)))


@v2.get("/products")
def list_products() -> list[Product]:
    return catalog.all()


@v2.get("/products/{product_id}")
def read_product(product: Found) -> Product:
    return product


@v2.post("/products", status_code=201, dependencies=ADMIN)
def create_product(draft: Draft2) -> Product:
    return catalog.add(draft.name, draft.price_cents)


@v1.delete("/products/{product_id}", status_code=204, dependencies=ADMIN)
@v2.delete("/products/{product_id}", status_code=204, dependencies=ADMIN)
def delete_product(product: Found) -> None:
    catalog.remove(product.id)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    catalog.open()
    yield
    catalog.close()


app = FastAPI(title="Corner Shop API", lifespan=lifespan)
for router in (login.router, v1, v2):
    app.include_router(router)


@app.get("/health")
def health() -> dict:
    return {"status": "ok"}


@app.middleware("http")
async def announce(request: Request, call_next):
    response = await call_next(request)
    if re.match(r"/api/v1(/|$)", request.url.path):
        response.headers["deprecation"] = "@1767225600"
        response.headers["sunset"] = "Fri, 31 Dec 2027 23:59:59 GMT"
    return response
