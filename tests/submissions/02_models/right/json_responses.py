# Hand-made JSONResponses, with a response_model so that the docs still know the answers.
from datetime import datetime
from typing import Annotated, Literal

from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints

app = FastAPI()


class UserIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    email: EmailStr
    password: str = Field(..., min_length=8, max_length=128)
    full_name: str | None = Field(None, max_length=80)


class UserOut(BaseModel):
    id: int
    email: EmailStr
    full_name: str | None
    created_at: datetime


class ProductIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sku: str = Field(..., pattern=r"^[A-Z]{3}-\d{4}$")
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    category: Literal["kitchen", "office", "garden"]
    price_cents: int = Field(..., ge=1, le=10_000_000)
    tags: list[str] = Field([], max_length=10)
    description: str | None = Field(None, max_length=500)


class ProductOut(ProductIn):
    id: int
    price: str


users: dict[int, dict] = {}
products: dict[int, dict] = {}


@app.post("/users", response_model=UserOut, responses={201: {"model": UserOut}, 409: {}})
def create_user(user: UserIn):
    taken = [u for u in users.values() if u["email"].lower() == user.email.lower()]
    if taken:
        return JSONResponse({"detail": "Email already registered"}, 409)
    new_id = max(users, default=0) + 1
    users[new_id] = {
        "id": new_id,
        **user.model_dump(exclude={"password"}),
        "created_at": datetime.now().astimezone(),
    }
    return JSONResponse(jsonable_encoder(users[new_id]), status_code=201)


@app.get("/users/{user_id}", response_model=UserOut)
def get_user(user_id: int):
    if user_id not in users:
        return JSONResponse({"detail": "No such user"}, 404)
    return JSONResponse(jsonable_encoder(users[user_id]))


@app.post("/products", response_model=ProductOut)
def create_product(product: ProductIn):
    new_id = max(products, default=0) + 1
    price = f"{product.price_cents / 100:.2f}"
    products[new_id] = {"id": new_id, "price": price, **product.model_dump()}
    return JSONResponse(products[new_id], status_code=201)
