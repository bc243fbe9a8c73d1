from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from auth import CurrentUser, require_admin
from catalog import Product, UnknownProduct, catalog
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from routers import login


class NewProduct(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    price_cents: Annotated[int, Field(ge=0)]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    catalog.open()
    yield
    catalog.close()


app = FastAPI(title="Corner Shop API", lifespan=lifespan)
app.include_router(login.router)
admins_only = [Depends(require_admin)]


@app.exception_handler(UnknownProduct)
def no_such_product(request: Request, error: UnknownProduct) -> JSONResponse:
    return JSONResponse({"detail": "No such product"}, status_code=404)


# TODO 1 to 3 stand in routers/.
# TODO 4: include the routers in both versions, below /api/v1 and /api/v2, and leave nothing here.
# TODO 5: every answer of version 1 that is a success says since when it is deprecated and when it
#   ends: Deprecation, 1 January 2026 at 00:00:00 UTC; Sunset, 31 December 2027 at 23:59:59 UTC.
#   In OpenAPI its operations are deprecated.
# TODO 6: is the app alive? Whoever asks that has no version.
#   GET /health
#   200  {"status": "ok"}


@app.get("/users/me")
def read_me(user: CurrentUser) -> dict:
    return {"id": user.id, "username": user.username, "role": user.role}


@app.get("/products")
def list_products() -> list[Product]:
    return catalog.all()


@app.get("/products/{product_id}")
def read_product(product_id: int) -> Product:
    return catalog.get(product_id)


@app.post("/products", status_code=201, dependencies=admins_only)
def create_product(new: NewProduct) -> Product:
    return catalog.add(new.name, new.price_cents)


@app.delete("/products/{product_id}", status_code=204, dependencies=admins_only)
def delete_product(product_id: int) -> None:
    catalog.remove(product_id)
