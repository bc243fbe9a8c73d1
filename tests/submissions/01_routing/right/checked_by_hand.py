# Everything is a str, and the 422 is raised by hand: longer, and as the contract says.
from contextlib import asynccontextmanager

from catalog import read_catalog
from fastapi import FastAPI, HTTPException

shop = {}


@asynccontextmanager
async def lifespan(app):
    shop["products"] = read_catalog()
    yield


app = FastAPI(title="Corner Shop API", version="1.0.0", lifespan=lifespan)


@app.get("/")
def read_root():
    return {"name": "Corner Shop API", "docs": "/docs"}


@app.get("/health")
def read_health():
    return {"status": "ok", "products": len(shop["products"])}


@app.get("/products")
def list_products():
    return shop["products"]


@app.get("/products/featured")
def list_featured():
    return [product for product in shop["products"] if product["featured"]]


@app.get("/products/{product_id}")
def read_product(product_id: str):
    try:
        wanted = int(product_id)
    except ValueError:
        raise HTTPException(422, "An id is a whole number")
    if wanted < 1:
        raise HTTPException(422, "Ids start at 1")
    for product in shop["products"]:
        if product["id"] == wanted:
            return product
    raise HTTPException(404, "No such product")


@app.get("/categories/{category}")
def list_category(category):
    if category not in ["kitchen", "office", "garden"]:
        raise HTTPException(status_code=422, detail="Unknown category")
    return [product for product in shop["products"] if product["category"] == category]
