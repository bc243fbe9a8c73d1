# fails: test_password_and_full_name_have_bounds
# kind: validation
# says: as password in the body: String should have at least 8 characters
import itertools
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated

from fastapi import APIRouter, FastAPI, HTTPException, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, EmailStr, Field, computed_field


class Category(str, Enum):
    KITCHEN = "kitchen"
    OFFICE = "office"
    GARDEN = "garden"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class UserBase(Strict):
    email: EmailStr
    full_name: Annotated[str, Field(max_length=80)] | None = None


class UserIn(UserBase):
    password: Annotated[str, Field(min_length=8, max_length=128)]


class UserOut(UserBase):
    id: int
    created_at: AwareDatetime


class ProductIn(Strict):
    sku: Annotated[str, Field(pattern="^[A-Z]{3}-[0-9]{4}$")]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    category: Category
    price_cents: Annotated[int, Field(gt=0, lt=10_000_001, strict=True)]
    tags: Annotated[list[str], Field(max_length=10)] = []
    description: Annotated[str, Field(max_length=500)] | None = None


class ProductOut(ProductIn):
    id: int

    @computed_field
    def price(self) -> str:
        return f"{self.price_cents / 100:.2f}"


users_router = APIRouter(prefix="/users", tags=["users"])
products_router = APIRouter(prefix="/products", tags=["products"])
user_ids = itertools.count(1)
product_ids = itertools.count(1)
by_id: dict[int, UserOut] = {}
by_email: dict[str, UserOut] = {}
passwords: dict[int, str] = {}
stock: list[ProductOut] = []


@users_router.post("/", status_code=201)
async def create(body: UserIn) -> UserOut:
    key = body.email.lower()
    if key in by_email:
        raise HTTPException(409, f"{body.email} has an account")
    user = UserOut(
        id=next(user_ids),
        email=body.email,
        full_name=body.full_name,
        created_at=datetime.now(UTC),
    )
    by_id[user.id] = by_email[key] = user
    passwords[user.id] = body.password
    return user


@users_router.get("/{user_id}")
async def read(user_id: Annotated[int, Path(ge=1)]) -> UserOut:
    try:
        return by_id[user_id]
    except KeyError:
        raise HTTPException(404) from None


@products_router.post("/", status_code=201)
async def create_product(body: ProductIn) -> ProductOut:
    stock.append(ProductOut(id=next(product_ids), **body.model_dump()))
    return stock[-1]


app = FastAPI()
app.include_router(users_router)
app.include_router(products_router)
