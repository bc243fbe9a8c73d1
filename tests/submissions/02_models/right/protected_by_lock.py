# UserInDB(UserOut) under -> UserOut, a lock around the stores, price as a field serializer.
from datetime import datetime, timezone
from threading import Lock
from typing import Annotated, Literal, NewType

import fastapi
from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints, field_serializer

app = fastapi.FastAPI()
lock = Lock()
UserId = NewType("UserId", int)
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class UserCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")
    email: EmailStr
    password: Annotated[str, StringConstraints(min_length=8, max_length=128)]
    full_name: Annotated[str, StringConstraints(max_length=80)] | None = None


class UserOut(BaseModel):
    id: UserId
    email: EmailStr
    full_name: str | None
    created_at: datetime

    @field_serializer("created_at")
    def iso(self, value: datetime) -> str:
        return value.isoformat(timespec="milliseconds")


class UserInDB(UserOut):
    password: str


class ProductCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sku: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-[0-9]{4}$")]
    name: Name
    category: Literal["kitchen", "office", "garden"]
    price_cents: Annotated[int, Field(ge=1, le=10_000_000)]
    tags: Annotated[list[str], Field(default_factory=list, max_length=10)]
    description: Annotated[str, StringConstraints(max_length=500)] | None = None


class ProductOut(ProductCreate):
    id: int
    price: int
    currency: str = "EUR"

    @field_serializer("price")
    def two_decimals(self, value: int) -> str:
        return f"{value // 100}.{value % 100:02}"


users: dict[UserId, UserInDB] = {}
products: list[ProductOut] = []


@app.post("/users", status_code=201)
def create_user(new: Annotated[UserCreate, fastapi.Body()]) -> UserOut:
    with lock:
        if new.email.lower() in (user.email.lower() for user in users.values()):
            raise fastapi.HTTPException(409, {"field": "email", "reason": "taken"})
        user = UserInDB(
            **new.model_dump(),
            id=UserId(len(users) + 1),
            created_at=datetime.now(tz=timezone.utc),
        )
        users[user.id] = user
    return user


@app.get("/users/{user_id}")
def read_user(user_id: UserId) -> UserOut:
    user = users.get(user_id)
    if user is None:
        raise fastapi.HTTPException(404)
    return user


@app.post("/products", status_code=201)
def create_product(new: ProductCreate) -> ProductOut:
    with lock:
        product = ProductOut(**new.model_dump(), id=len(products), price=new.price_cents)
        products.append(product)
    return product
