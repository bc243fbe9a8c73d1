# fails: test_a_name_is_trimmed_and_then_counted
# kind: validation
# says: as name in the body: String should have at most 80 characters
from datetime import datetime, timezone
from typing import Literal

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, EmailStr, Field, field_validator

app = FastAPI()
all_users = []
all_products = []


class UserIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: EmailStr
    password: str = Field(min_length=8, max_length=128)
    full_name: str | None = Field(default=None, max_length=80)


class UserOut(BaseModel):
    id: int
    email: str
    full_name: str | None
    created_at: datetime


class ProductIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: str = Field(pattern="^[A-Z]{3}-[0-9]{4}$")
    name: str = Field(min_length=1, max_length=80)
    category: Literal["kitchen", "office", "garden"]
    price_cents: int = Field(ge=1, le=10_000_000)
    tags: list[str] = Field(default=[], max_length=10)
    description: str | None = Field(default=None, max_length=500)

    @field_validator("name")
    @classmethod
    def strip_name(cls, name):
        return name.strip()


class ProductOut(ProductIn):
    id: int
    price: str


@app.post("/users", status_code=201)
def create_user(user: UserIn) -> UserOut:
    for other in all_users:
        if other.email.lower() == user.email.lower():
            raise HTTPException(status_code=409, detail="Email already registered")
    created = UserOut(
        id=len(all_users) + 1,
        email=user.email,
        full_name=user.full_name,
        created_at=datetime.now(timezone.utc),
    )
    all_users.append(created)
    return created


@app.get("/users/{user_id}")
def get_user(user_id: int) -> UserOut:
    for user in all_users:
        if user.id == user_id:
            return user
    raise HTTPException(status_code=404, detail="User not found")


@app.post("/products", status_code=201)
def create_product(product: ProductIn) -> ProductOut:
    price = f"{product.price_cents / 100:.2f}"
    created = ProductOut(id=len(all_products) + 1, price=price, **product.model_dump())
    all_products.append(created)
    return created
