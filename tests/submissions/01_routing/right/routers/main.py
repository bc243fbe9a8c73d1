# Two routers in a package of their own; main.py only puts the app together.
from fastapi import FastAPI
from shop import categories, products
from shop.store import lifespan, store

app = FastAPI(title="Corner Shop API", version="1.0.0", lifespan=lifespan)
app.include_router(products.router, prefix="/products")
app.include_router(categories.router)


@app.get("/")
def read_root() -> dict[str, str]:
    return {"name": "Corner Shop API", "docs": "/docs"}


@app.get("/health")
def read_health() -> dict[str, str | int]:
    return {"status": "ok", "products": len(store)}
