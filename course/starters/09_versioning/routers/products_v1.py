# TODO 2: a router for the products as version 1 shows them, with the price as a text.
#   GET /api/v1/products/1
#   200  {"id": 1, "name": "Enamel mug", "price": "12.50"}
#   POST /api/v1/products  {"name": "Clay pot", "price": "9.05"}
#   201  {"id": 4, "name": "Clay pot", "price": "9.05"}
