# Tortoise ORM, which takes the address in a form of its own.
# terminal: needs Tortoise ORM
import os
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, HTTPException
from schemas import OrderIn, OrderOut, ProductIn, ProductOut, UserIn, UserOut
from tortoise import fields
from tortoise.contrib.fastapi import RegisterTortoise
from tortoise.exceptions import IntegrityError
from tortoise.expressions import F
from tortoise.models import Model
from tortoise.transactions import in_transaction


class User(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(80)


class Product(Model):
    id = fields.IntField(primary_key=True)
    sku = fields.CharField(20, unique=True)
    name = fields.CharField(80)
    price_cents = fields.IntField()
    stock = fields.IntField()


class Order(Model):
    id = fields.IntField(primary_key=True)
    user = fields.ForeignKeyField("models.User", related_name="orders")
    status = fields.CharField(20, default="placed")
    total_cents = fields.IntField(default=0)


class OrderItem(Model):
    id = fields.IntField(primary_key=True)
    order = fields.ForeignKeyField("models.Order", related_name="items")
    product = fields.ForeignKeyField("models.Product")
    quantity = fields.IntField()
    price_cents = fields.IntField()


def tortoise_url() -> str:
    url = os.environ.get("DATABASE_URL")
    if url is None:
        return f"sqlite://{Path(__file__).with_name('shop.db')}"
    scheme, _, rest = url.partition("://")
    if scheme.startswith("sqlite"):
        return f"sqlite://{rest.removeprefix('/')}"
    return f"asyncpg://{rest}"


@asynccontextmanager
async def lifespan(app: FastAPI):
    models = {"models": [__name__]}
    async with RegisterTortoise(app, db_url=tortoise_url(), modules=models, generate_schemas=True):
        yield


app = FastAPI(lifespan=lifespan)


async def show(order: Order, items: list[OrderItem]) -> dict:
    return {
        "id": order.id,
        "status": order.status,
        "total_cents": order.total_cents,
        "items": [dict(item) for item in items],
    }


@app.post("/users", status_code=201)
async def create_user(new: UserIn) -> UserOut:
    return dict(await User.create(name=new.name))


@app.post("/products", status_code=201)
async def create_product(new: ProductIn) -> ProductOut:
    try:
        return dict(await Product.create(**new.model_dump()))
    except IntegrityError as error:
        raise HTTPException(409) from error


@app.get("/products/{product_id}")
async def read_product(product_id: int) -> ProductOut:
    product = await Product.get_or_none(id=product_id)
    if product is None:
        raise HTTPException(404)
    return dict(product)


@app.post("/orders", status_code=201)
async def place_order(new: OrderIn) -> OrderOut:
    wanted = Counter()
    for item in new.items:
        wanted[item.product_id] += item.quantity
    if not await User.exists(id=new.user_id):
        raise HTTPException(404)
    prices = dict(await Product.filter(id__in=wanted).values_list("id", "price_cents"))
    if len(prices) < len(wanted):
        raise HTTPException(404)
    # SQLite breaks a transaction that reads first and writes when another one has written.
    async with in_transaction():
        for number, quantity in sorted(wanted.items()):
            rest = Product.filter(id=number, stock__gte=quantity)
            if not await rest.update(stock=F("stock") - quantity):
                raise HTTPException(409)
        total = sum(prices[number] * quantity for number, quantity in wanted.items())
        order = await Order.create(user_id=new.user_id, total_cents=total)
        items = [
            OrderItem(order=order, product_id=n, quantity=quantity, price_cents=prices[n])
            for n, quantity in wanted.items()
        ]
        await OrderItem.bulk_create(items)
    return await show(order, items)


@app.get("/users/{user_id}/orders")
async def list_orders(user_id: int) -> list[OrderOut]:
    if not await User.exists(id=user_id):
        raise HTTPException(404)
    orders = await Order.filter(user_id=user_id).order_by("id").prefetch_related("items")
    return [await show(order, list(order.items)) for order in orders]


@app.post("/orders/{order_id}/cancel")
async def cancel_order(order_id: int) -> OrderOut:
    async with in_transaction():
        done = await Order.filter(id=order_id, status="placed").update(status="cancelled")
        order = await Order.get_or_none(id=order_id).prefetch_related("items")
        if order is None:
            raise HTTPException(404)
        if not done:
            raise HTTPException(409)
        for item in sorted(order.items, key=lambda item: item.product_id):
            again = F("stock") + item.quantity
            await Product.filter(id=item.product_id).update(stock=again)
    return await show(order, list(order.items))
