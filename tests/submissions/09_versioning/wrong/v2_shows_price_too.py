# fails: test_products_of_version_2
# kind: wrong-body
# says: The response also has "price", which the contract does not
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated, Literal

from auth import CurrentUser, require_admin
from catalog import Product, UnknownProduct, catalog
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from pydantic import BaseModel, Field, model_serializer
from routers import login
from starlette.datastructures import MutableHeaders
from store import User


class NewProduct(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    price_cents: Annotated[int, Field(ge=0)]
    currency: Literal["EUR"] = "EUR"


class OldNewProduct(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    price: Annotated[Decimal, Field(ge=0, max_digits=20, decimal_places=2)]

    def today(self) -> NewProduct:
        return NewProduct(name=self.name, price_cents=int(self.price.scaleb(2)))


class OldProduct(BaseModel):
    product: Product

    @model_serializer
    def as_ever(self) -> dict[str, int | str]:
        price = Decimal(self.product.price_cents) / 100
        return {"id": self.product.id, "name": self.product.name, "price": f"{price:.2f}"}


class Profile(BaseModel):
    id: int
    username: str
    role: str


users = APIRouter(prefix="/users")
v1 = APIRouter(prefix="/products")
v2 = APIRouter(prefix="/products")
admin = Depends(require_admin)


@users.get("/me", response_model=Profile)
def me(user: CurrentUser) -> User:
    return user


@v2.get("")
def all_products() -> list[Product]:
    return catalog.all()


class Both(Product):
    price: str


def one(product_id: int) -> Product:
    try:
        return catalog.get(product_id)
    except UnknownProduct:
        raise HTTPException(404, "No such product") from None


@v2.get("/{product_id}")
def read(product_id: int) -> Both:
    product = one(product_id)
    return Both(**product.model_dump(), price=f"{product.price_cents / 100:.2f}")


@v2.post("", status_code=201, dependencies=[admin])
def create(new: NewProduct) -> Product:
    return catalog.add(new.name, new.price_cents)


@v1.delete("/{product_id}", status_code=204, dependencies=[admin])
@v2.delete("/{product_id}", status_code=204, dependencies=[admin])
def delete(product_id: int) -> None:
    catalog.remove(one(product_id).id)


@v1.get("")
def all_old() -> list[OldProduct]:
    return [OldProduct(product=product) for product in all_products()]


@v1.get("/{product_id}")
def one_old(product_id: int) -> OldProduct:
    return OldProduct(product=one(product_id))


@v1.post("", status_code=201, dependencies=[admin])
def create_old(new: OldNewProduct) -> OldProduct:
    return OldProduct(product=create(new.today()))


class EndOfV1:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def announce(message):
            if message["type"] == "http.response.start" and scope["path"].startswith("/api/v1/"):
                headers = MutableHeaders(scope=message)
                headers["deprecation"] = "@1767225600"
                headers["sunset"] = "Fri, 31 Dec 2027 23:59:59 GMT"
            await send(message)

        await self.app(scope, receive, announce)


@asynccontextmanager
async def lifespan(app: FastAPI):
    catalog.open()
    yield
    catalog.close()


app = FastAPI(lifespan=lifespan)
app.add_middleware(EndOfV1)
app.include_router(login.router)
app.include_router(users, prefix="/api/v1", deprecated=True)
app.include_router(users, prefix="/api/v2")
app.include_router(v1, prefix="/api/v1", deprecated=True)
app.include_router(v2, prefix="/api/v2")


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
