# Literal instead of an Enum, async endpoints, and a list that is searched with next().
from contextlib import asynccontextmanager
from typing import Literal

from catalog import read_catalog
from fastapi import FastAPI, HTTPException, Path

catalogue = []


@asynccontextmanager
async def lifespan(app):
    catalogue[:] = read_catalog()
    yield


app = FastAPI(title="Corner Shop API", version="1.0.0", lifespan=lifespan)


@app.get("/")
async def root():
    return {"name": "Corner Shop API", "docs": "/docs"}


@app.get("/health")
async def health():
    return {"status": "ok", "products": len(catalogue)}


@app.get("/categories/{name}")
async def category(name: Literal["kitchen", "office", "garden"]):
    return [p for p in catalogue if p["category"] == name]


@app.get("/products")
async def all_products():
    return catalogue


@app.get("/products/featured")
async def featured():
    return [p for p in catalogue if p["featured"]]


@app.get("/products/{id}")
async def one_product(id: int = Path(ge=1)):
    found = next((p for p in catalogue if p["id"] == id), None)
    if found is None:
        raise HTTPException(status_code=404)
    return found
