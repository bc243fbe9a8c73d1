from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints, computed_field

app = FastAPI(title="Corner Shop API")

users: dict[int, Any] = {}
products: dict[int, Any] = {}


class Category(StrEnum):
    kitchen = "kitchen"
    office = "office"
    garden = "garden"


class UserCreate(BaseModel):
    email: str
    password: str


# TODO 1: answer 201, with id, email, full_name and created_at, and never with the password.
# full_name is optional; without it the answer has null.
#   POST /users  {"email": "ada@example.com", "password": "correct horse", "full_name": "Ada"}
#   201  {"id": 1, "email": "ada@example.com", "full_name": "Ada",
#         "created_at": "2026-11-22T09:30:00.123456Z"}
@app.post("/users")
def create_user(new: UserCreate):
    users[len(users) + 1] = new
    return new


# TODO 2: refuse an invalid email, and a password or full name that is too short or too long.
#   POST /users  {"email": "ada", "password": "correct horse"}
#   422

# TODO 3: read one user.
#   GET /users/1   200  the same answer as that of POST /users
#   GET /users/99  404

# TODO 4: an email signs up once, in whatever case it is written.
#   POST /users  {"email": "ADA@example.com", "password": "battery staple"}
#   409

# TODO 5: create a product. The page lists the rule of each field.
#   POST /products  {"sku": "MUG-0001", "name": "  Enamel mug ", "category": "kitchen",
#                    "price_cents": 1250, "tags": ["new"], "description": null}
#   201  {"id": 1, "sku": "MUG-0001", "name": "Enamel mug", "category": "kitchen",
#         "price_cents": 1250, "tags": ["new"], "description": null, "price": "12.50"}

# TODO 6: compute price from price_cents, always with two decimals.

# TODO 7: refuse fields that a model does not have, in both requests.
#   POST /users  {"email": "eve@example.com", "password": "let me in", "is_admin": true}
#   422
