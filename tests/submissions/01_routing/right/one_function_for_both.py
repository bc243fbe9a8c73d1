# One function answers featured and the ids; add_api_route instead of decorators for the rest.
from contextlib import asynccontextmanager
from functools import cache
from typing import Annotated, Literal

from catalog import read_catalog
from fastapi import FastAPI, HTTPException, Path

catalogue = cache(read_catalog)
Id = Annotated[int, Path(ge=1)]


@asynccontextmanager
async def lifespan(app: FastAPI):
    catalogue()
    yield
    catalogue.cache_clear()


def read_root():
    return {"name": "Corner Shop API", "docs": "/docs"}


def read_health():
    return {"status": "ok", "products": len(catalogue())}


def read_category(category: Literal["kitchen", "office", "garden"]):
    return [product for product in catalogue() if product["category"] == category]


app = FastAPI(title="Corner Shop API", version="1.0.0", lifespan=lifespan)
app.add_api_route("/", read_root)
app.add_api_route("/health", read_health, methods=["GET"])
app.add_api_route("/products", lambda: catalogue())
app.add_api_route("/categories/{category}", read_category)


@app.get("/products/{which}")
def read_products(which: Literal["featured"] | Id):
    if which == "featured":
        return [product for product in catalogue() if product["featured"]]
    for product in catalogue():
        if product["id"] == which:
            return product
    raise HTTPException(404, "No such product")
