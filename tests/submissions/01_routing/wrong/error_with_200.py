# fails: test_an_unknown_id_is_404
# kind: error-with-200
# says: the status 200 says that all is well, and clients look at the status
from contextlib import asynccontextmanager
from enum import Enum
from typing import Annotated

from catalog import read_catalog
from fastapi import FastAPI, HTTPException, Path

products = []


class Category(str, Enum):
    kitchen = "kitchen"
    office = "office"
    garden = "garden"


@asynccontextmanager
async def lifespan(app: FastAPI):
    products.extend(read_catalog())
    yield
    products.clear()


app = FastAPI(title="Corner Shop API", version="1.0.0", lifespan=lifespan)


@app.get("/")
def read_root():
    return {"name": "Corner Shop API", "docs": "/docs"}


@app.get("/health")
def read_health():
    return {"status": "ok", "products": len(products)}


@app.get("/products")
def list_products():
    return products


@app.get("/products/featured")
def list_featured():
    return [product for product in products if product["featured"]]


@app.get("/products/{product_id}")
def read_product(product_id: Annotated[int, Path(ge=1)]):
    for product in products:
        if product["id"] == product_id:
            return product
    return {"error": "No such product"}


@app.get("/categories/{category}")
def list_category(category: Category):
    return [product for product in products if product["category"] == category]
