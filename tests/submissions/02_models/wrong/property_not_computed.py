# fails: test_price_has_two_decimals
# kind: wrong-body
# says: The answer has no price. A property is part of the answer only with @computed_field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints

app = FastAPI(title="Corner Shop API")


class Category(StrEnum):
    kitchen = "kitchen"
    office = "office"
    garden = "garden"


class UserCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: EmailStr
    password: Annotated[str, Field(min_length=8, max_length=128)]
    full_name: Annotated[str | None, Field(max_length=80)] = None


class UserOut(BaseModel):
    id: int
    email: EmailStr
    full_name: str | None
    created_at: datetime


class UserInDB(UserOut):
    password: str  # Lesson 8 keeps a hash of it instead.


class ProductBase(BaseModel):
    sku: Annotated[str, Field(pattern=r"^[A-Z]{3}-[0-9]{4}$")]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    category: Category
    price_cents: Annotated[int, Field(ge=1, le=10_000_000)]
    tags: Annotated[list[str], Field(max_length=10)] = []
    description: Annotated[str | None, Field(max_length=500)] = None


class ProductCreate(ProductBase):
    model_config = ConfigDict(extra="forbid")


class ProductOut(ProductBase):
    id: int

    @property
    def price(self) -> str:
        return f"{self.price_cents // 100}.{self.price_cents % 100:02}"


users: dict[int, UserInDB] = {}
products: dict[int, ProductOut] = {}


@app.post("/users", status_code=201)
def create_user(new: UserCreate) -> UserOut:
    if any(user.email.lower() == new.email.lower() for user in users.values()):
        raise HTTPException(409, "There is a user with this email already")
    user = UserInDB(id=len(users) + 1, created_at=datetime.now(UTC), **new.model_dump())
    users[user.id] = user
    return user


@app.get("/users/{user_id}")
def read_user(user_id: int) -> UserOut:
    if user_id not in users:
        raise HTTPException(404, "No such user")
    return users[user_id]


@app.post("/products", status_code=201)
def create_product(new: ProductCreate) -> ProductOut:
    product = ProductOut(id=len(products) + 1, **new.model_dump())
    products[product.id] = product
    return product
