# Models and a class-based store in modules beside main.py; routes are methods added by hand.
from typing import Annotated
from uuid import UUID

from fastapi import Body, FastAPI, Header, Path, Query, Response

from models import Approval, Change, Page, PriceChanged, Search, Stock
from store import NoSuchProduct, Store

store = Store()
app = FastAPI()


@app.exception_handler(NoSuchProduct)
async def no_such_product(request, error):
    return Response(status_code=404)


def search(criteria: Annotated[Search, Query()]) -> Page:
    found = store.search(criteria)
    return Page(
        items=found[criteria.offset : criteria.offset + criteria.limit],
        total=len(found),
        limit=criteria.limit,
        offset=criteria.offset,
    )


def by_sku(sku: Annotated[str, Path(pattern=r"^[A-Z]{3}-\d{4}$")]):
    return store.by_sku(sku)


def put_stock(
    product_id: int,
    stock: Stock,
    response: Response,
    x_request_id: Annotated[
        str | None, Header(pattern="^[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$")
    ] = None,
):
    store.get(product_id).stock = stock.quantity
    if x_request_id:
        response.headers["X-Request-ID"] = str(UUID(x_request_id))
    return {"product_id": product_id} | stock.model_dump()


def price_change(
    product_id: int, change: Change, approval: Approval, announce: Annotated[bool, Body()] = False
):
    product = store.get(product_id)
    done = PriceChanged(
        product_id=product_id,
        old_price_cents=product.price_cents,
        new_price_cents=change.new_price_cents,
        approved_by=approval.approved_by,
        announce=announce,
    )
    product.price_cents = change.new_price_cents
    return done


app.add_api_route("/products", search)
app.add_api_route("/products/by-sku/{sku}", by_sku)
app.add_api_route("/products/{product_id}/stock", put_stock, methods=["PUT"])
app.add_api_route(
    "/products/{product_id}/price-change", price_change, methods=["POST"], status_code=201
)
