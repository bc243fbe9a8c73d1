# fails: test_a_name_is_trimmed_and_then_counted
# kind: wrong-body
# says: not answered as it was sent
import hashlib
import os
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException
from pydantic import AfterValidator, BaseModel, EmailStr, Field, field_validator

Email = Annotated[EmailStr, AfterValidator(str.lower)]


class Forbids(BaseModel):
    model_config = {"extra": "forbid"}


class UserCreate(Forbids):
    email: Email
    password: str = Field(min_length=8, max_length=128)
    full_name: str | None = Field(default=None, max_length=80)


class UserPublic(BaseModel):
    id: int
    email: Email
    full_name: str | None = None
    created_at: datetime


class UserRow(UserPublic):
    salt: bytes
    hashed_password: bytes


class ProductCreate(Forbids):
    sku: str = Field(pattern=r"^[A-Z]{3}-[0-9]{4}$")
    name: str = Field(min_length=1, max_length=80)
    category: Literal["kitchen", "office", "garden"]
    price_cents: int = Field(ge=1, le=10_000_000)
    tags: list[str] = Field(default=[], max_length=10)
    description: str | None = Field(default=None, max_length=500)

    @field_validator("name", mode="before")
    @classmethod
    def trim(cls, value):
        return " ".join(value.split()) if isinstance(value, str) else value


class ProductPublic(ProductCreate):
    id: int
    price: str


app = FastAPI()
rows: dict[str, UserRow] = {}
made = 0


@app.post("/users", status_code=201, response_model=UserPublic)
def register(new: UserCreate) -> UserRow:
    if new.email in rows:
        raise HTTPException(409, "This address has an account")
    salt = os.urandom(16)
    rows[new.email] = UserRow(
        id=100 + len(rows),
        email=new.email,
        full_name=new.full_name,
        created_at=datetime.now(UTC).replace(microsecond=0),
        salt=salt,
        hashed_password=hashlib.sha256(salt + new.password.encode()).digest(),
    )
    return rows[new.email]


@app.get("/users/{user_id}", response_model=UserPublic)
def show(user_id: int) -> UserRow:
    for row in rows.values():
        if row.id == user_id:
            return row
    raise HTTPException(404, "No such user")


@app.post("/products", status_code=201)
def add_product(new: ProductCreate) -> ProductPublic:
    global made
    made += 1
    units, cents = divmod(new.price_cents, 100)
    return ProductPublic(**new.model_dump(), id=made, price=f"{units}.{cents:02d}")
