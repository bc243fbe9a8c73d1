# fails: test_a_name_is_trimmed_and_then_counted
# kind: wrong-status
# says: A name of three spaces is empty once it is trimmed, so it must be refused with 422
from datetime import datetime, timezone
from typing import List, Literal, Optional

from fastapi import FastAPI, HTTPException, status
from pydantic import BaseModel, ConfigDict, EmailStr, Field, constr

app = FastAPI()
db = {"users": [], "products": []}


class SignUp(BaseModel):
    email: EmailStr
    password: str = Field(min_length=8, max_length=128)
    full_name: Optional[str] = Field(None, max_length=80)

    model_config = ConfigDict(extra="forbid")


class User(BaseModel):
    id: int
    email: EmailStr
    full_name: Optional[str] = None
    created_at: datetime


class NewProduct(BaseModel):
    sku: str = Field(pattern=r"^[A-Z]{3}-\d{4}$")
    name: constr(min_length=1)
    category: Literal["kitchen", "office", "garden"]
    price_cents: int = Field(ge=1, le=10_000_000)
    tags: List[str] = Field(default_factory=list, max_length=10)
    description: Optional[str] = Field(default=None, max_length=500)

    model_config = ConfigDict(extra="forbid")


class Product(BaseModel):
    id: int
    sku: str
    name: str
    category: str
    price_cents: int
    price: str
    tags: List[str]
    description: Optional[str]


@app.post("/users", response_model=User, status_code=status.HTTP_201_CREATED)
def sign_up(new: SignUp):
    for user in db["users"]:
        if user["email"].casefold() == new.email.casefold():
            raise HTTPException(status.HTTP_409_CONFLICT)
    user = new.model_dump()
    user["id"] = len(db["users"]) + 1
    user["created_at"] = datetime.now(timezone.utc)
    db["users"].append(user)
    return user


@app.get("/users/{user_id}", response_model=User)
def get_user(user_id: int):
    for user in db["users"]:
        if user["id"] == user_id:
            return user
    raise HTTPException(status_code=404, detail="User not found")


@app.post("/products", response_model=Product, status_code=status.HTTP_201_CREATED)
def add_product(new: NewProduct):
    product = new.model_dump()
    product["id"] = len(db["products"]) + 1
    product["name"] = new.name.strip()
    if len(product["name"]) > 80:
        raise HTTPException(422, "name is too long")
    product["price"] = "%d.%02d" % divmod(new.price_cents, 100)
    db["products"].append(product)
    return product
