from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Annotated

from catalog import Product, read_catalog
from fastapi import FastAPI, HTTPException, Path

products: dict[int, Product] = {}


class Category(StrEnum):
    kitchen = "kitchen"
    office = "office"
    garden = "garden"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    products.update({product["id"]: product for product in read_catalog()})
    yield
    products.clear()


app = FastAPI(title="Corner Shop API", version="1.0.0", lifespan=lifespan)


@app.get("/")
def read_root() -> dict[str, str]:
    return {"name": "Corner Shop API", "docs": "/docs"}


@app.get("/health")
def read_health() -> dict[str, str | int]:
    return {"status": "ok", "products": len(products)}


@app.get("/products")
def list_products() -> list[Product]:
    return list(products.values())


@app.get("/products/featured")
def list_featured() -> list[Product]:
    return [product for product in products.values() if product["featured"]]


@app.get("/products/{product_id}")
def read_product(product_id: Annotated[int, Path(ge=1)]) -> Product:
    if product_id not in products:
        raise HTTPException(404, "No such product")
    return products[product_id]


@app.get("/categories/{category}")
def list_category(category: Category) -> list[Product]:
    return [product for product in products.values() if product["category"] == category]
