# fails: test_the_catalogue_is_read_at_startup
# kind: wrong-body
# says: written into main.py
from enum import Enum
from typing import Annotated

from fastapi import FastAPI, HTTPException, Path

products = [
    {
        "id": 1,
        "sku": "MUG-0001",
        "name": "Enamel mug",
        "category": "kitchen",
        "price_cents": 1250,
        "featured": False,
    },
    {
        "id": 2,
        "sku": "PAN-0004",
        "name": "Cast-iron pan",
        "category": "kitchen",
        "price_cents": 4900,
        "featured": True,
    },
    {
        "id": 4,
        "sku": "LMP-0002",
        "name": "Desk lamp",
        "category": "office",
        "price_cents": 3500,
        "featured": False,
    },
    {
        "id": 5,
        "sku": "PEN-0010",
        "name": "Brass pen",
        "category": "office",
        "price_cents": 1800,
        "featured": True,
    },
    {
        "id": 7,
        "sku": "POT-0003",
        "name": "Clay pot",
        "category": "garden",
        "price_cents": 950,
        "featured": False,
    },
    {
        "id": 9,
        "sku": "CAN-0001",
        "name": "Watering can",
        "category": "garden",
        "price_cents": 2700,
        "featured": False,
    },
]


class Category(str, Enum):
    kitchen = "kitchen"
    office = "office"
    garden = "garden"


app = FastAPI(title="Corner Shop API", version="1.0.0")


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
    raise HTTPException(status_code=404, detail="No such product")


@app.get("/categories/{category}")
def list_category(category: Category):
    return [product for product in products if product["category"] == category]
