"""Open the shop. What each path must answer is in docs/lessons/01_routing.md."""

from catalog import read_catalog
from fastapi import FastAPI

# TODO 1: give the app the title "Corner Shop API" and the version "1.0.0".
#   GET /openapi.json  →  200  {"info": {"title": "Corner Shop API", "version": "1.0.0"}, …}
app = FastAPI()


# TODO 2: let this function point to the docs, and add a function for /health.
#   GET /        →  200  {"name": "Corner Shop API", "docs": "/docs"}
#   GET /health  →  200  {"status": "ok", "products": 6}
@app.get("/")
def read_root():
    return {"message": "It works"}


# TODO 3: show the catalogue. read_catalog() returns it as a list of dicts.
#   GET /products      →  200  [{"id": 1, "sku": "MUG-0001", …}, {"id": 2, …}, …]
#   GET /products/2    →  200  {"id": 2, "sku": "PAN-0004", "name": "Cast-iron pan", …}
#   GET /products/3    →  404  {"detail": "No such product"}
#   GET /products/abc  →  422  {"detail": [{"loc": ["path", "product_id"], …}]}

# TODO 4: show the featured products. The order of the functions matters.
#   GET /products/featured  →  200  [{"id": 2, …}, {"id": 5, …}]

# TODO 5: show the products of a category: kitchen, office or garden.
#   GET /categories/garden  →  200  [{"id": 7, …}, {"id": 9, …}]
#   GET /categories/cellar  →  422  {"detail": [{"loc": ["path", "category"], …}]}

# TODO 6: read the catalogue when the app starts, once, in a lifespan function.
#   GET /health  →  200  {"status": "ok", "products": 6}, also after catalog.json has changed
