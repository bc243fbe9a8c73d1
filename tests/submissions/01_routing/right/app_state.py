# The catalogue lives in app.state, and the endpoints get it from the request.
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from typing import Annotated, Any

from catalog import read_catalog
from fastapi import FastAPI, HTTPException, Path, Request, status


class Category(str, Enum):
    KITCHEN = "kitchen"
    OFFICE = "office"
    GARDEN = "garden"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.products = read_catalog()
    yield
    del app.state.products


app = FastAPI(title="Corner Shop API", version="1.0.0", lifespan=lifespan)


@app.get("/", tags=["shop"])
def read_root() -> dict[str, str]:
    return {"name": "Corner Shop API", "docs": app.docs_url or ""}


@app.get("/health", tags=["shop"])
def read_health(request: Request) -> dict[str, Any]:
    return {"products": len(request.app.state.products), "status": "ok"}


@app.get("/products", tags=["products"])
def list_products(request: Request) -> list[dict[str, Any]]:
    return request.app.state.products


@app.get("/products/featured", tags=["products"])
def list_featured(request: Request) -> list[dict[str, Any]]:
    return [p for p in request.app.state.products if p["featured"]]


@app.get("/products/{product_id}", tags=["products"])
def read_product(request: Request, product_id: Annotated[int, Path(gt=0)]) -> dict[str, Any]:
    for product in request.app.state.products:
        if product["id"] == product_id:
            return product
    raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no product {product_id}")


@app.get("/categories/{category}", tags=["products"])
def list_category(request: Request, category: Category) -> list[dict[str, Any]]:
    return [p for p in request.app.state.products if p["category"] == category.value]
