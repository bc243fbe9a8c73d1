from fastapi import FastAPI
from pydantic import BaseModel
from shop import Category, Product, products

app = FastAPI(title="Corner Shop API")


class Page(BaseModel):
    items: list[Product]
    total: int
    limit: int
    offset: int


@app.get("/products")
def search_products() -> Page:
    # TODO 1: limit and offset choose the page. Products come in the order of their ids.
    #   GET /products?limit=2&offset=1
    #   200 {"items": [{"id": 2, …}, {"id": 3, …}], "total": 24, "limit": 2, "offset": 1}
    # TODO 2: q, category, min_price, max_price, in_stock and tag narrow the list.
    #   GET /products?tag=gift&tag=new&in_stock=true&max_price=2000
    #   200 {"items": [{"id": 22, …}], "total": 1, "limit": 20, "offset": 0}
    # TODO 3: sort orders it: name, -name, price or -price.
    #   GET /products?sort=-price&limit=1
    #   200 {"items": [{"id": 21, …}], "total": 24, "limit": 1, "offset": 0}
    # TODO 4: 422 when min_price is more than max_price, and for unknown parameters.
    #   GET /products?min_price=2000&max_price=1000
    #   422
    found = list(products.values())
    return Page(items=found, total=0, limit=0, offset=0)


# TODO 5: one product by its sku.
#   GET /products/by-sku/MUG-0001
#   200 {"id": 4, "sku": "MUG-0001", "name": "Enamel mug", …}


# TODO 6: a stocktake. The optional header X-Request-ID comes back in the response.
#   PUT /products/4/stock  {"quantity": 12, "reason": "Stocktake"}
#   200 {"product_id": 4, "quantity": 12, "reason": "Stocktake"}


# TODO 7: a new price, which someone has approved.
#   POST /products/4/price-change
#        {"change": {"new_price_cents": 1350}, "approval": {"approved_by": "Noor"}}
#   201 {"product_id": 4, "old_price_cents": 1250, "new_price_cents": 1350,
#        "approved_by": "Noor", "announce": false}
