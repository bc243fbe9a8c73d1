# fails: test_an_unknown_category_is_422
# kind: wrong-status
# says: The shop has no category "cellar"
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Annotated

from catalog import Product, read_catalog
from fastapi import FastAPI, HTTPException, Path


class Category(StrEnum):
    kitchen = "kitchen"
    office = "office"
    garden = "garden"


by_id: dict[int, Product] = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    for product in read_catalog():
        by_id[product["id"]] = product
    yield
    by_id.clear()


app = FastAPI(title="Corner Shop API", version="1.0.0", lifespan=lifespan)


@app.get("/")
def root() -> dict[str, str]:
    return {"name": "Corner Shop API", "docs": "/docs"}


@app.get("/health")
def health() -> dict[str, str | int]:
    return {"status": "ok", "products": len(by_id)}


@app.get("/products")
def get_products() -> list[Product]:
    return list(by_id.values())


@app.get("/products/featured")
def get_featured_products() -> list[Product]:
    return [product for product in by_id.values() if product["featured"]]


@app.get("/products/{product_id}")
def get_product(product_id: Annotated[int, Path(ge=1)]) -> Product:
    if product_id not in by_id:
        raise HTTPException(404, "No such product")
    return by_id[product_id]


@app.get("/categories/{category}")
def get_category(category: str) -> list[Product]:
    return [product for product in by_id.values() if product["category"] == category]
