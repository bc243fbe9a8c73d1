# Dataclasses in a class-based store, JSONResponse and Response with an explicit status.
import json
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Annotated, Literal

from catalog import read_catalog
from fastapi import FastAPI, Path, Response
from fastapi.responses import JSONResponse


@dataclass
class Product:
    id: int
    sku: str
    name: str
    category: str
    price_cents: int
    featured: bool


@dataclass
class Shop:
    products: list[Product] = field(default_factory=list)

    def open(self) -> None:
        self.products = [Product(**row) for row in read_catalog()]

    def find(self, product_id: int) -> Product | None:
        return next((p for p in self.products if p.id == product_id), None)


shop = Shop()


@asynccontextmanager
async def lifespan(app: FastAPI):
    shop.open()
    yield


app = FastAPI(lifespan=lifespan)
app.title = "Corner Shop API"
app.version = "1.0.0"


@app.get("/")
def root():
    return JSONResponse({"name": "Corner Shop API", "docs": "/docs"})


@app.get("/health")
def health():
    body = json.dumps({"status": "ok", "products": len(shop.products)})
    return Response(body, media_type="application/json")


@app.get("/products")
def list_products() -> list[Product]:
    return shop.products


@app.get("/products/featured")
def list_featured() -> list[Product]:
    return [p for p in shop.products if p.featured]


@app.get("/products/{product_id}")
def read_product(product_id: Annotated[int, Path(gt=0)]):
    product = shop.find(product_id)
    if not product:
        return JSONResponse({"detail": "No such product"}, status_code=404)
    return asdict(product)


@app.get("/categories/{category}")
def list_category(category: Literal["kitchen", "office", "garden"]):
    return [asdict(p) for p in shop.products if p.category == category]
