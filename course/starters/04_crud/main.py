from fastapi import FastAPI
from shop import Product, ProductIn, products

app = FastAPI(title="Corner Shop API")


@app.get("/products")
def list_products() -> list[Product]:
    return list(products.values())


# TODO 1: read one product.
#   GET /products/4   200  {"id": 4, "sku": "MUG-0001", "name": "Enamel mug", …}
#   GET /products/99  404


# TODO 2: create a product, with an id that was never used. Say in Location where it is.
#   POST /products  {"sku": "TWN-0001", "name": "Jute twine", "category": "garden",
#                    "price_cents": 480}
#   201  Location: /products/10
#        {"id": 10, "sku": "TWN-0001", …, "tags": [], "description": null}


# TODO 3: replace a product. What the body leaves out goes back to its default.
#   PUT /products/4  {"sku": "MUG-0001", "name": "Big mug", "category": "kitchen",
#                     "price_cents": 1450}
#   200  {"id": 4, "name": "Big mug", …, "sale_price_cents": null, "tags": [],
#         "description": null}


# TODO 4: change only what is sent. The product that comes out must keep all rules.
#   PATCH /products/9  {"description": null}
#   200  {"id": 9, "name": "Desk lamp", …, "tags": ["sale"], "description": null}
#   PATCH /products/9  {"price_cents": 2500}
#   422  because the lamp is on sale for 2990


# TODO 5: delete a product.
#   DELETE /products/9  204, without a body
#   DELETE /products/9  404


# TODO 6: refuse a sku that another product has, in all three ways of writing.
#   PUT /products/5  {"sku": "MUG-0001", "name": "Olive soap", "category": "bath",
#                     "price_cents": 690}
#   409
