# TODO 3: a router for the products as version 2 shows them. Move them here, from main.py.
#   GET /api/v2/products/1
#   200  {"id": 1, "name": "Enamel mug", "price_cents": 1250, "currency": "EUR"}
