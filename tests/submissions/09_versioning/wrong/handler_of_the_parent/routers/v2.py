from typing import Literal

from auth import CurrentUser, require_admin
from catalog import Product, catalog
from fastapi import Depends, FastAPI
from pydantic import BaseModel, Field


class NewProduct(BaseModel):
    name: str = Field(min_length=1, max_length=100)
    price_cents: int = Field(ge=0, strict=True)
    currency: Literal["EUR"] = "EUR"


app = FastAPI(title="Corner Shop", version="2")


@app.get("/users/me")
async def read_me(user: CurrentUser):
    return {"id": user.id, "username": user.username, "role": user.role}


@app.get("/products")
async def list_products() -> list[Product]:
    return catalog.all()


@app.get("/products/{product_id}")
async def read_product(product_id: int) -> Product:
    return catalog.get(product_id)


@app.post("/products", status_code=201, dependencies=[Depends(require_admin)])
async def create_product(new: NewProduct) -> Product:
    return catalog.add(new.name, new.price_cents)


@app.delete("/products/{product_id}", status_code=204, dependencies=[Depends(require_admin)])
async def delete_product(product_id: int) -> None:
    catalog.remove(product_id)
