# One family of models: the stored user inherits the password, and Field(exclude=True) keeps it in.
import secrets
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints, computed_field


class UserCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: EmailStr
    password: Annotated[str, Field(min_length=8, max_length=128, exclude=True)]
    full_name: Annotated[str | None, Field(max_length=80)] = None


class User(UserCreate):
    id: int = Field(default_factory=lambda: secrets.randbelow(2**40) + 20_000)
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class ProductCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: Annotated[str, Field(pattern=r"^[A-Z]{3}-[0-9]{4}$")]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    category: Literal["kitchen", "office", "garden"]
    price_cents: Annotated[int, Field(ge=1, le=10_000_000)]
    tags: Annotated[list[str], Field(max_length=10)] = []
    description: Annotated[str | None, Field(max_length=500)] = None


class Product(ProductCreate):
    id: int = Field(default_factory=lambda: secrets.randbelow(2**40))

    @computed_field
    @property
    def price(self) -> str:
        digits = str(self.price_cents).zfill(3)
        return digits[:-2] + "." + digits[-2:]


app = FastAPI()
app.state.users = []


@app.post("/users")
def create_user(new: UserCreate, response: Response) -> User:
    if new.email.lower() in {user.email.lower() for user in app.state.users}:
        raise HTTPException(409)
    user = User(email=new.email, password=new.password, full_name=new.full_name)
    app.state.users.append(user)
    response.status_code = 201
    return user


@app.get("/users/{user_id}")
def read_user(user_id: int) -> User:
    found = next((user for user in app.state.users if user.id == user_id), None)
    if not found:
        raise HTTPException(404)
    return found


@app.post("/products")
def create_product(new: ProductCreate, response: Response) -> Product:
    response.status_code = 201
    return Product(**new.model_dump())
