"""Provided: the shop's data, and the Session that reaches it. There is nothing to change here.

A Session stands for a session with a database. What it adds or changes is known to nobody else
before commit(), and lost without it. It must be closed when the work is done.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, EmailStr, Field

SECONDS = 2.0  # how long it takes to add up all sales


class NewUser(BaseModel):
    name: Annotated[str, Field(pattern=r"^[^\r\n]{1,80}$")]
    email: EmailStr
    password: Annotated[str, Field(min_length=8, max_length=128)]  # kept from lesson 8 on


class User(BaseModel):
    id: int
    name: str
    email: EmailStr


class Product(BaseModel):
    id: int
    name: str
    price_cents: int
    stock: int


class NewOrder(BaseModel):
    user_id: int
    product_id: int
    quantity: Annotated[int, Field(ge=1, le=100)]
    note: Annotated[str, Field(max_length=200)] = ""  # what the shop writes on the gift card
    card_token: Annotated[str, Field(min_length=8)]  # whoever has it can charge the card


class Order(BaseModel):
    id: int
    user_id: int
    product_id: int
    quantity: int
    total_cents: int


class Report(BaseModel):
    id: int
    status: Literal["pending", "done", "failed"] = "pending"
    orders: int | None = None
    total_cents: int | None = None


@dataclass(frozen=True)
class Sales:
    orders: int
    total_cents: int


Row = TypeVar("Row", User, Product, Order, Report)


class Session:
    """`with Session() as session:` closes it at the end, whatever happens."""

    def __init__(self) -> None:
        self.id = next(_session_ids)
        self._is_open = True
        self._changes: list[Callable[[], object]] = []
        log.append(f"open {self.id}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            log.append(f"close {self.id}")

    def commit(self) -> None:
        """Make all changes since the last commit known to everybody."""
        self._check()
        for change in self._changes:
            change()
        self._changes.clear()
        log.append(f"commit {self.id}")

    def get_user(self, user_id: int) -> User | None:
        self._check()
        return _copy(_users.get(user_id))

    def find_user(self, email: str) -> User | None:
        self._check()
        return _copy(next((user for user in _users.values() if user.email == email), None))

    def add_user(self, new: NewUser) -> User:
        user = User(id=next(_user_ids), name=new.name, email=new.email)
        self._keep(_users, user)
        return user

    def get_product(self, product_id: int) -> Product | None:
        self._check()
        return _copy(_products.get(product_id))

    def add_order(self, new: NewOrder, product: Product) -> Order:
        """Takes the products from the stock, too."""
        order = Order(
            id=next(_order_ids),
            user_id=new.user_id,
            product_id=product.id,
            quantity=new.quantity,
            total_cents=new.quantity * product.price_cents,
        )
        self._keep(_orders, order)
        stock = product.stock - new.quantity
        self._keep(_products, product.model_copy(update={"stock": stock}))
        return order

    def get_report(self, report_id: int) -> Report | None:
        self._check()
        return _copy(_reports.get(report_id))

    def add_report(self) -> Report:
        """A new report, which is pending."""
        report = Report(id=next(_report_ids))
        self._keep(_reports, report)
        return report

    def finish_report(
        self, report_id: int, status: Literal["done", "failed"], sales: Sales | None = None
    ) -> None:
        orders, total = (sales.orders, sales.total_cents) if sales else (None, None)
        report = Report(id=report_id, status=status, orders=orders, total_cents=total)
        self._keep(_reports, report)

    def add_up_sales(self) -> Sales:
        """How many orders there are, and what they cost together. Slow, and blocks."""
        self._check()
        time.sleep(SECONDS)
        orders = list(_orders.values())
        return Sales(len(orders), sum(order.total_cents for order in orders))

    def _keep(self, rows: dict[int, Row], row: Row) -> None:
        self._check()
        row = row.model_copy()
        self._changes.append(lambda: rows.__setitem__(row.id, row))

    def _check(self) -> None:
        if not self._is_open:
            raise RuntimeError(f"Session {self.id} is used after it was closed")


def get_session() -> Iterator[Session]:
    """A dependency: a session for one request."""
    with Session() as session:
        yield session


log: list[str] = []
"""What the sessions did, in that order: "open 1", "commit 1", "close 1", …"""

_session_ids, _user_ids, _order_ids, _report_ids = count(1), count(101), count(1001), count(11)
_users: dict[int, User] = {}
_orders: dict[int, Order] = {}
_reports: dict[int, Report] = {}
_products = {
    product.id: product
    for product in (
        Product(id=1, name="Enamel mug", price_cents=1250, stock=40),
        Product(id=2, name="Cast-iron pan", price_cents=4900, stock=6),
        Product(id=4, name="Desk lamp", price_cents=3500, stock=15),
        Product(id=5, name="Clay pot", price_cents=950, stock=0),
    )
}


def _copy(row: Row | None) -> Row | None:
    return row.model_copy() if row else None
