# fails: test_deprecation
# kind: wrong-header
# says: deprecated=True is for OpenAPI, which people read. A program reads headers, on every success of version 1
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from auth import get_current_user, require_admin
from catalog import Product, UnknownProduct, catalog
from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from routers import login
from store import User


class Named(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=100)]


class WithText(Named):
    price: Annotated[Decimal, Field(ge=0, decimal_places=2)]


class WithCents(Named):
    price_cents: Annotated[int, Field(ge=0)]
    currency: Literal["EUR"] = "EUR"


@dataclass(frozen=True)
class Version:
    number: int
    takes: type[Named]
    cents: Callable[[Any], int]
    shows: Callable[[Product], dict[str, Any]]
    headers: dict[str, str]


V1 = Version(
    1,
    WithText,
    lambda new: int(new.price.scaleb(2)),
    lambda p: {"id": p.id, "name": p.name, "price": f"{Decimal(p.price_cents).scaleb(-2):.2f}"},
    {"X-Sunset": "2027-12-31"},
)
V2 = Version(2, WithCents, lambda new: new.price_cents, Product.model_dump, {})


def make_router(version: Version) -> APIRouter:
    def headers(response: Response) -> None:
        response.headers.update(version.headers)

    router = APIRouter(
        prefix=f"/api/v{version.number}",
        deprecated=bool(version.headers),
        dependencies=[Depends(headers)],
    )
    admins = APIRouter(prefix="/products", dependencies=[Depends(require_admin)])

    @router.get("/users/me")
    def read_me(user: Annotated[User, Depends(get_current_user)]) -> dict[str, Any]:
        return user.model_dump(include={"id", "username", "role"})

    @router.get("/products")
    def list_products() -> list[dict[str, Any]]:
        return [version.shows(product) for product in catalog.all()]

    @router.get("/products/{product_id}")
    def read_product(product_id: int) -> dict[str, Any]:
        return version.shows(catalog.get(product_id))

    @admins.post("", status_code=201)
    def create_product(new: version.takes) -> dict[str, Any]:  # type: ignore[name-defined]
        return version.shows(catalog.add(new.name, version.cents(new)))

    @admins.delete("/{product_id}", status_code=204)
    def delete_product(product_id: int) -> None:
        catalog.remove(product_id)

    router.include_router(admins)
    return router


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    catalog.open()
    yield
    catalog.close()


app = FastAPI(title="Corner Shop API", lifespan=lifespan)
app.include_router(login.router)
app.include_router(make_router(V1))
app.include_router(make_router(V2))
app.add_api_route("/health", lambda: {"status": "ok"})
app.add_exception_handler(UnknownProduct, lambda *_: JSONResponse({}, 404))
