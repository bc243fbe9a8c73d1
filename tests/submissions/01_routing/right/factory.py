# create_app() makes the app, with the endpoints and the catalogue inside it.
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from catalog import Product, read_catalog
from fastapi import FastAPI, HTTPException, Path


def create_app() -> FastAPI:
    products: dict[int, Product] = {}

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        products.update((product["id"], product) for product in read_catalog())
        try:
            yield
        finally:
            products.clear()

    app = FastAPI(title="Corner Shop API", version="1.0.0", lifespan=lifespan)

    @app.get("/")
    def read_root() -> dict[str, str]:
        return {"name": "Corner Shop API", "docs": "/docs"}

    @app.get("/health")
    def read_health() -> dict[str, str | int]:
        return {"status": "ok", "products": len(products)}

    @app.get("/products")
    def list_products() -> list[Product]:
        return [*products.values()]

    @app.get("/products/featured")
    def list_featured() -> list[Product]:
        return [product for product in products.values() if product["featured"]]

    @app.get("/products/{product_id}")
    def read_product(product_id: Annotated[int, Path(ge=1)]) -> Product:
        if product := products.get(product_id):
            return product
        raise HTTPException(404, "No such product")

    @app.get("/categories/{category}")
    def list_category(category: Literal["kitchen", "office", "garden"]) -> list[Product]:
        return [product for product in products.values() if product["category"] == category]

    return app


app = create_app()
