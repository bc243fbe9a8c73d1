# Pydantic dataclasses for the requests and TypedDicts for the answers; no BaseModel at all.
from dataclasses import field
from datetime import datetime, timezone
from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException
from pydantic import ConfigDict, EmailStr, Field, StringConstraints
from pydantic.dataclasses import dataclass
from typing_extensions import TypedDict

strict = ConfigDict(extra="forbid")
app = FastAPI()


@dataclass(config=strict, kw_only=True)
class SignUp:
    email: EmailStr
    password: Annotated[str, Field(min_length=8, max_length=128)]
    full_name: Annotated[str | None, Field(max_length=80)] = None


class User(TypedDict):
    id: int
    email: str
    full_name: str | None
    created_at: datetime


@dataclass(config=strict, kw_only=True)
class NewProduct:
    sku: Annotated[str, Field(pattern=r"^[A-Z]{3}-[0-9]{4}$")]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    category: Literal["kitchen", "office", "garden"]
    price_cents: Annotated[int, Field(ge=1, le=10_000_000)]
    tags: Annotated[list[str], Field(max_length=10)] = field(default_factory=list)
    description: Annotated[str | None, Field(max_length=500)] = None


class Product(TypedDict):
    id: int
    sku: str
    name: str
    category: str
    price_cents: int
    price: str
    tags: list[str]
    description: str | None


users: list[User] = []
emails: set[str] = set()
products: list[Product] = []


@app.post("/users", status_code=201)
def post_user(new: SignUp) -> User:
    if new.email.lower() in emails:
        raise HTTPException(409)
    emails.add(new.email.lower())
    user: User = {
        "id": len(users),
        "email": new.email,
        "full_name": new.full_name,
        "created_at": datetime.now(timezone.utc),
    }
    users.append(user)
    return user


@app.get("/users/{number}")
def get_user(number: int) -> User:
    if number not in range(len(users)):
        raise HTTPException(404)
    return users[number]


@app.post("/products", status_code=201)
def post_product(new: NewProduct) -> Product:
    cents = f"{new.price_cents:03}"
    product: Product = {
        "id": len(products),
        "sku": new.sku,
        "name": new.name,
        "category": new.category,
        "price_cents": new.price_cents,
        "price": f"{cents[:-2]}.{cents[-2:]}",
        "tags": new.tags,
        "description": new.description,
    }
    products.append(product)
    return product
