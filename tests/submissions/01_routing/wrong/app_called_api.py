# fails: load
# kind: no-app
# says: I found a FastAPI application called api
from contextlib import asynccontextmanager
from typing import Literal

from fastapi import FastAPI, HTTPException, Path

from catalog import read_catalog

shop = {"products": []}


@asynccontextmanager
async def start(app):
    shop["products"] = read_catalog()
    yield


api = FastAPI(lifespan=start, title="Corner Shop API", version="1.0.0")


@api.get("/")
async def index():
    return {"name": "Corner Shop API", "docs": "/docs"}


@api.get("/health")
async def health():
    return {"status": "ok", "products": len(shop["products"])}


@api.get("/categories/{category}")
async def category_products(category: Literal["kitchen", "office", "garden"]):
    return [p for p in shop["products"] if p["category"] == category]


@api.get("/products")
async def all_products():
    return shop["products"]


@api.get("/products/featured")
async def featured_products():
    return [p for p in shop["products"] if p["featured"]]


@api.get("/products/{product_id}")
async def one_product(product_id: int = Path(ge=1)):
    found = [p for p in shop["products"] if p["id"] == product_id]
    if not found:
        raise HTTPException(404)
    return found[0]
