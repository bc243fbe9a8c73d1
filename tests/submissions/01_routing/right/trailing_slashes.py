# Paths that end in a slash (clients are redirected), and endpoints that are all called get.
from contextlib import asynccontextmanager
from enum import Enum

from catalog import read_catalog
from fastapi import FastAPI, HTTPException, Path

PRODUCTS = []


class Category(Enum):
    kitchen = "kitchen"
    office = "office"
    garden = "garden"


@asynccontextmanager
async def read_once(_):
    PRODUCTS.clear()
    PRODUCTS.extend(read_catalog())
    yield


app = FastAPI(title="Corner Shop API", version="1.0.0", lifespan=read_once)


@app.get("/")
def get():
    return {"name": "Corner Shop API", "docs": "/docs"}


@app.get("/health/")
def get():
    return {"status": "ok", "products": len(PRODUCTS)}


@app.get("/products/")
def get():
    return PRODUCTS


@app.get("/products/featured/")
def get():
    return [p for p in PRODUCTS if p["featured"]]


@app.get("/products/{product_id}/")
def get(product_id: int = Path(ge=1)):
    matches = [p for p in PRODUCTS if p["id"] == product_id]
    if not matches:
        raise HTTPException(404, "No such product")
    return matches[0]


@app.get("/categories/{category}/")
def get(category: Category):
    return [p for p in PRODUCTS if p["category"] == category.value]
