# Every rule in a validator of its own: no EmailStr, no Field, no extra="forbid".
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, field_validator, model_validator


def check(condition: bool, says: str) -> None:
    if not condition:
        raise ValueError(says)


class Closed(BaseModel):
    @model_validator(mode="before")
    @classmethod
    def no_unknown_fields(cls, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = set(data) - set(cls.model_fields)
            check(not unknown, f"unknown fields: {sorted(unknown)}")
        return data


class UserCreate(Closed):
    email: str
    password: str
    full_name: str | None = None

    @field_validator("email")
    @classmethod
    def email_has_a_form(cls, value: str) -> str:
        check(bool(re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", value)), "not an email")
        return value

    @field_validator("password")
    @classmethod
    def password_has_a_length(cls, value: str) -> str:
        check(8 <= len(value) <= 128, "8 to 128 characters")
        return value

    @field_validator("full_name")
    @classmethod
    def full_name_has_a_length(cls, value: str | None) -> str | None:
        check(value is None or len(value) <= 80, "at most 80 characters")
        return value


class UserOut(BaseModel):
    id: int
    email: str
    full_name: str | None
    created_at: str


class ProductCreate(Closed):
    sku: str
    name: str
    category: str
    price_cents: int
    tags: list[str] = []
    description: str | None = None

    @model_validator(mode="after")
    def rules(self) -> "ProductCreate":
        self.name = self.name.strip()
        check(bool(re.fullmatch(r"[A-Z]{3}-[0-9]{4}", self.sku)), "sku")
        check(1 <= len(self.name) <= 80, "name")
        check(self.category in ("kitchen", "office", "garden"), "category")
        check(1 <= self.price_cents <= 10_000_000, "price_cents")
        check(len(self.tags) <= 10, "tags")
        check(len(self.description or "") <= 500, "description")
        return self


class ProductOut(BaseModel):
    id: int
    sku: str
    name: str
    category: str
    price_cents: int
    tags: list[str]
    description: str | None
    price: Decimal


app = FastAPI()
users: list[UserOut] = []
passwords: list[str] = []
products: list[ProductOut] = []


@app.post("/users", status_code=201)
async def create_user(new: UserCreate) -> UserOut:
    for user in users:
        if user.email.lower() == new.email.lower():
            raise HTTPException(status_code=409, detail=f"{user.email} is taken")
    users.append(
        UserOut(
            id=len(users) + 1,
            email=new.email,
            full_name=new.full_name,
            created_at=datetime.now(UTC).isoformat(),
        )
    )
    passwords.append(new.password)
    return users[-1]


@app.get("/users/{user_id}")
async def read_user(user_id: int) -> UserOut:
    matches = [user for user in users if user.id == user_id]
    if not matches:
        raise HTTPException(status_code=404)
    return matches[0]


@app.post("/products", status_code=201)
async def create_product(new: ProductCreate) -> ProductOut:
    price = Decimal(new.price_cents).scaleb(-2)
    products.append(ProductOut(id=len(products) + 1, price=price, **new.model_dump()))
    return products[-1]
