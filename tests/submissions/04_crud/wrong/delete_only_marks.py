# fails: test_delete_removes_a_product
# kind: wrong-status
# says: still there for everyone who has its link
import re

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from shop import products

app = FastAPI()

FIELDS = ["sku", "name", "category", "price_cents", "sale_price_cents", "tags", "description"]
rows = [dict(p.model_dump(mode="json"), deleted=False) for p in products.values()]


class Refused(Exception):
    def __init__(self, status):
        self.status = status


@app.exception_handler(Refused)
async def refused(request, error):
    return JSONResponse({"detail": "refused"}, status_code=error.status)


def out(row):
    return {name: row[name] for name in ["id", *FIELDS]}


def row_of(product_id):
    for row in rows:
        if row["id"] == product_id:
            return row
    raise Refused(404)


async def body_of(request):
    try:
        body = await request.json()
    except ValueError:
        raise Refused(422) from None
    if not isinstance(body, dict) or not set(body) <= set(FIELDS):
        raise Refused(422)
    return body


def is_int(value, low, high):
    return type(value) is int and low <= value <= high


def is_text(value, low, high):
    return type(value) is str and low <= len(value) <= high


def clean(product):
    """The product with its name trimmed, or 422."""
    product = dict(product)
    if type(product["name"]) is str:
        product["name"] = product["name"].strip()
    sale, tags = product["sale_price_cents"], product["tags"]
    good = [
        type(product["sku"]) is str and re.fullmatch("[A-Z]{3}-[0-9]{4}", product["sku"]),
        is_text(product["name"], 1, 80),
        product["category"] in ("kitchen", "office", "garden", "bath"),
        is_int(product["price_cents"], 1, 1_000_000),
        sale is None or is_int(sale, 1, 1_000_000),
        type(tags) is list and len(tags) <= 10 and all(type(tag) is str for tag in tags),
        product["description"] is None or is_text(product["description"], 0, 500),
    ]
    if not all(good) or (sale is not None and sale >= product["price_cents"]):
        raise Refused(422)
    return product


def whole(body):
    if any(name not in body for name in FIELDS[:4]):
        raise Refused(422)
    return clean({"sale_price_cents": None, "tags": [], "description": None, **body})


def check_sku(sku, row=None):
    if any(r["sku"] == sku and r is not row and not r["deleted"] for r in rows):
        raise Refused(409)


@app.get("/products")
async def read_all():
    return [out(row) for row in rows if not row["deleted"]]


@app.get("/products/{product_id}")
async def read(product_id: int):
    return out(row_of(product_id))


@app.post("/products")
async def create(request: Request):
    row = whole(await body_of(request))
    check_sku(row["sku"])
    row |= {"id": rows[-1]["id"] + 1, "deleted": False}
    rows.append(row)
    return JSONResponse(out(row), 201, {"Location": f"/products/{row['id']}"})


@app.put("/products/{product_id}")
async def replace(product_id: int, request: Request):
    new = whole(await body_of(request))
    row = row_of(product_id)
    check_sku(new["sku"], row)
    row.update(new)
    return out(row)


@app.patch("/products/{product_id}")
async def change(product_id: int, request: Request):
    body = await body_of(request)
    row = row_of(product_id)
    new = clean({**row, **body})
    check_sku(new["sku"], row)
    row.update(new)
    return JSONResponse(out(row))


@app.delete("/products/{product_id}")
async def delete(product_id: int):
    row_of(product_id)["deleted"] = True
    return Response(None, 204)
