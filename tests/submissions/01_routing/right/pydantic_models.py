# Models with response_model=, a products-by-category index, and an exception handler for the 404.
from collections import defaultdict
from contextlib import asynccontextmanager
from enum import StrEnum

from catalog import read_catalog
from fastapi import FastAPI, Path, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field


class Category(StrEnum):
    kitchen = "kitchen"
    office = "office"
    garden = "garden"


class Product(BaseModel):
    id: int = Field(ge=1)
    sku: str
    name: str
    category: Category
    price_cents: int
    featured: bool


class Health(BaseModel):
    status: str = "ok"
    products: int


class NoSuchProduct(Exception):
    pass


by_id: dict[int, Product] = {}
by_category: dict[Category, list[Product]] = defaultdict(list)


@asynccontextmanager
async def lifespan(app: FastAPI):
    by_id.clear()
    by_category.clear()
    for row in read_catalog():
        product = Product.model_validate(row)
        by_id[product.id] = product
        by_category[product.category].append(product)
    yield


app = FastAPI(title="Corner Shop API", version="1.0.0", lifespan=lifespan)


@app.exception_handler(NoSuchProduct)
async def no_such_product(request: Request, error: NoSuchProduct):
    return JSONResponse({"error": "no such product"}, status_code=404)


@app.get("/")
def root():
    return {"name": "Corner Shop API", "docs": "/docs"}


@app.get("/health", response_model=Health)
def health():
    return Health(products=len(by_id))


@app.get("/products", response_model=list[Product])
def products():
    return by_id.values()


@app.get("/products/featured", response_model=list[Product])
def featured():
    return (product for product in by_id.values() if product.featured)


@app.get("/products/{product_id}", response_model=Product, responses={404: {}})
def product(product_id: int = Path(ge=1)):
    if product_id not in by_id:
        raise NoSuchProduct
    return by_id[product_id]


@app.get("/categories/{category}", response_model=list[Product])
def category(category: Category):
    return by_category[category]
