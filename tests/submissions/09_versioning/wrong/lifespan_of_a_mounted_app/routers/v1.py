from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from auth import CurrentUser, require_admin
from catalog import catalog
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, Field, field_validator


class NewProduct(BaseModel):
    name: str = Field(min_length=1, max_length=100)
    price: str

    @field_validator("price")
    @classmethod
    def in_cents(cls, text: str) -> str:
        try:
            price = Decimal(text)
            exact = price.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN) == price
        except InvalidOperation:
            raise ValueError("not a price") from None
        if price.is_nan() or price < 0 or not exact:
            raise ValueError("not a price")
        return text


app = FastAPI(title="Corner Shop", version="1")


@app.middleware("http")
async def deprecated(request: Request, call_next):
    response = await call_next(request)
    response.headers["DEPRECATION"] = "@1767225600"
    response.headers["SUNSET"] = "Fri, 31 Dec 2027 23:59:59 GMT"
    response.headers["Link"] = '</api/v2/docs>; rel="successor-version"'
    return response


def as_v1(product):
    price = f"{product.price_cents / 100:.2f}"
    return {"id": product.id, "name": product.name, "price": price}


@app.get("/users/me", deprecated=True)
async def read_me(user: CurrentUser):
    return {"id": user.id, "username": user.username, "role": user.role}


@app.get("/products", deprecated=True)
async def list_products():
    return [as_v1(product) for product in catalog.all()]


@app.get("/products/{product_id}", deprecated=True)
async def read_product(product_id: int):
    return as_v1(catalog.get(product_id))


@app.post("/products", deprecated=True, status_code=201, dependencies=[Depends(require_admin)])
async def create_product(new: NewProduct):
    if not new.name:
        raise HTTPException(422)
    return as_v1(catalog.add(new.name, round(Decimal(new.price) * 100)))


@app.delete(
    "/products/{product_id}",
    deprecated=True,
    status_code=204,
    dependencies=[Depends(require_admin)],
)
async def delete_product(product_id: int):
    catalog.remove(product_id)
