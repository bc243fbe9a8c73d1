# fails: test_an_unknown_id_is_404
# kind: returned-exception
# says: Returned, it is only a value that becomes JSON; raised, it becomes the response. Write raise instead of return
from contextlib import asynccontextmanager
from typing import Literal

from fastapi import FastAPI, HTTPException, Path

from catalog import read_catalog

shop = {"products": []}


@asynccontextmanager
async def start(app):
    shop["products"] = read_catalog()
    yield


app = FastAPI(lifespan=start, title="Corner Shop API", version="1.0.0")


@app.get("/")
async def index():
    return {"name": "Corner Shop API", "docs": "/docs"}


@app.get("/health")
async def health():
    return {"status": "ok", "products": len(shop["products"])}


@app.get("/categories/{category}")
async def category_products(category: Literal["kitchen", "office", "garden"]):
    return [p for p in shop["products"] if p["category"] == category]


@app.get("/products")
async def all_products():
    return shop["products"]


@app.get("/products/featured")
async def featured_products():
    return [p for p in shop["products"] if p["featured"]]


@app.get("/products/{product_id}")
async def one_product(product_id: int = Path(ge=1)):
    found = [p for p in shop["products"] if p["id"] == product_id]
    if not found:
        return HTTPException(404)
    return found[0]
