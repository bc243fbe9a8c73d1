import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Product(Base):
    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str]
    name: Mapped[str]
    price_cents: Mapped[int]
    stock: Mapped[int]


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    status: Mapped[str]
    total_cents: Mapped[int]


class OrderItem(Base):
    __tablename__ = "order_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int]
    price_cents: Mapped[int]


def database_url() -> str:
    file = Path(__file__).with_name("shop.db")
    return os.environ.get("DATABASE_URL", f"sqlite+aiosqlite:///{file}")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # TODO 1: an engine for database_url(), and the tables. When the app stops, dispose of it.
    yield


app = FastAPI(title="Corner Shop API", lifespan=lifespan)


# TODO 2: a session for each request. Then users and products. schemas.py has the models.
#   POST /users       {"name": "Ada"}
#   201 {"id": 1, "name": "Ada"}
#   POST /products    {"sku": "MUG-0001", "name": "Enamel mug", "price_cents": 1250, "stock": 5}
#   201 {"id": 1, "sku": "MUG-0001", "name": "Enamel mug", "price_cents": 1250, "stock": 5}
#   GET /products/1   200 {"id": 1, …}
#   GET /products/99  404


# TODO 3: the database itself refuses a second product with the same sku.
#   POST /products    {"sku": "MUG-0001", …}
#   409


# TODO 4: an order takes what it needs from the stock, all of it or nothing.
#   POST /orders      {"user_id": 1, "items": [{"product_id": 1, "quantity": 2}]}
#   201 {"id": 1, "status": "placed", "total_cents": 2500,
#        "items": [{"product_id": 1, "quantity": 2, "price_cents": 1250}]}
#   POST /orders      {"user_id": 1, "items": [{"product_id": 1, "quantity": 4}]}
#   409  because 3 are left


# TODO 5: the orders of a user, each with its items.
#   GET /users/1/orders
#   200 [{"id": 1, "status": "placed", "total_cents": 2500, "items": […]}]


# TODO 6: cancel an order, once. Its pieces go back into the stock.
#   POST /orders/1/cancel   200 {"id": 1, "status": "cancelled", …}
#   POST /orders/1/cancel   409
