# fails: test_a_price_change_that_cannot_be_is_refused
# kind: wrong-body
# says: The request was refused, so nothing may have changed, and GET /products shows a difference
import re
import uuid

from fastapi import Body, FastAPI, Header, HTTPException, Query, Request, Response
from shop import products

app = FastAPI()


def refuse(text):
    raise HTTPException(status_code=422, detail=text)


def whole(text, name, low, high=None):
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]+", text):
        refuse(f"{name} must be a whole number")
    if int(text) < low or (high is not None and int(text) > high):
        refuse(f"{name} is out of bounds")
    return int(text)


@app.get("/products")
def list_products(
    request: Request,
    q: str = None,
    category: str = None,
    min_price: str = None,
    max_price: str = None,
    in_stock: str = None,
    tag: list[str] = Query(default=[]),
    sort: str | None = None,
    limit: str = "20",
    offset: str = "0",
):
    for key in request.query_params:
        if key not in list_products.__code__.co_varnames[1:10]:
            refuse(f"unknown parameter {key}")
    limit = whole(limit, "limit", 1, 100)
    offset = whole(offset, "offset", 0)
    low = whole(min_price, "min_price", 0)
    high = whole(max_price, "max_price", 0)
    if low is not None and high is not None and low > high:
        refuse("min_price is more than max_price")
    if q is not None and not 2 <= len(q) <= 50:
        refuse("q has 2 to 50 characters")
    if category not in (None, "kitchen", "office", "garden", "bath"):
        refuse("no such category")
    if in_stock not in (None, "true", "false"):
        refuse("in_stock is true or false")
    if sort not in (None, "name", "-name", "price", "-price"):
        refuse("no such order")
    found = []
    for product in products.values():
        if q is not None and not re.search(re.escape(q), product.name, re.IGNORECASE):
            continue
        if category is not None and product.category.value != category:
            continue
        if low is not None and product.price_cents < low:
            continue
        if high is not None and product.price_cents > high:
            continue
        if in_stock == "true" and product.stock == 0:
            continue
        if in_stock == "false" and product.stock > 0:
            continue
        if [t for t in tag if t not in product.tags]:
            continue
        found.append(product)
    found.sort(key=lambda product: product.id)
    if sort in ("name", "-name"):
        found.sort(key=lambda product: product.name, reverse=sort.startswith("-"))
    if sort in ("price", "-price"):
        found.sort(key=lambda product: product.price_cents, reverse=sort.startswith("-"))
    return dict(items=found[offset : offset + limit], total=len(found), limit=limit, offset=offset)


@app.get("/products/by-sku/{sku}")
def read_by_sku(sku: str):
    if not re.fullmatch("[A-Z]{3}-[0-9]{4}", sku):
        refuse("a sku is three letters, a hyphen and four digits")
    for product in products.values():
        if product.sku == sku:
            return product
    raise HTTPException(404, "no such product")


@app.put("/products/{product_id}/stock")
def put_stock(
    product_id: int,
    response: Response,
    body: dict = Body(),
    x_request_id: str = Header(default=None),
):
    if x_request_id is not None:
        try:
            request_id = uuid.UUID(x_request_id)
        except ValueError:
            refuse("X-Request-ID must be a UUID")
        response.headers["X-Request-ID"] = str(request_id)
    quantity, reason = body.get("quantity"), body.get("reason")
    if type(quantity) is not int or quantity < 0:
        refuse("quantity is a whole number from 0")
    if type(reason) is not str or not 3 <= len(reason) <= 100:
        refuse("reason has 3 to 100 characters")
    if product_id not in products:
        raise HTTPException(404, "no such product")
    products[product_id].stock = quantity
    return {"product_id": product_id, "quantity": quantity, "reason": reason}


@app.post("/products/{product_id}/price-change", status_code=201)
def change_price(product_id: int, body: dict):
    announce = body.get("announce", False)
    try:
        new = body["change"]["new_price_cents"]
        name = body["approval"]["approved_by"]
    except (KeyError, TypeError):
        refuse("change.new_price_cents and approval.approved_by are required")
    if type(new) is not int or not 1 <= new <= 1_000_000:
        refuse("new_price_cents is out of bounds")
    if product_id in products:
        old = products[product_id].price_cents
        products[product_id].price_cents = new
    if type(name) is not str or not 2 <= len(name) <= 50:
        refuse("approved_by has 2 to 50 characters")
    if type(announce) is not bool:
        refuse("announce is true or false")
    if product_id not in products:
        raise HTTPException(404, "no such product")
    return {
        "product_id": product_id,
        "old_price_cents": old,
        "new_price_cents": new,
        "approved_by": name,
        "announce": announce,
    }
