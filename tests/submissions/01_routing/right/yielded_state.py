# The lifespan yields its state, and a dependency reads it from request.state.
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Literal, TypedDict

from catalog import Product, read_catalog
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import PositiveInt


class State(TypedDict):
    products: list[Product]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[State]:
    yield {"products": read_catalog()}


def get_products(request: Request) -> list[Product]:
    return request.state.products


Products = Annotated[list[Product], Depends(get_products)]

app = FastAPI(title="Corner Shop API", version="1.0.0", lifespan=lifespan)


@app.get("/")
def read_root():
    return {"name": "Corner Shop API", "docs": "/docs"}


@app.get("/health")
def read_health(products: Products):
    return {"status": "ok", "products": len(products)}


@app.get("/products")
def list_products(products: Products) -> list[Product]:
    return products


@app.get("/products/featured")
def list_featured(products: Products) -> list[Product]:
    return list(filter(lambda product: product["featured"], products))


@app.get("/products/{product_id}")
def read_product(product_id: PositiveInt, products: Products) -> Product:
    by_id = {product["id"]: product for product in products}
    try:
        return by_id[product_id]
    except KeyError:
        raise HTTPException(404, "No such product") from None


@app.get("/categories/{category}")
def list_category(
    category: Literal["kitchen", "office", "garden"], products: Products
) -> list[Product]:
    return [product for product in products if product["category"] == category]
