# SQLAlchemy Core: tables and statements, no ORM, no session.
import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from schemas import OrderIn, OrderOut, ProductIn, ProductOut, UserIn, UserOut
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

metadata = MetaData()
users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
)
products = Table(
    "products",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sku", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("price_cents", Integer, nullable=False),
    Column("stock", Integer, nullable=False),
)
orders = Table(
    "orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("status", String, nullable=False),
    Column("total_cents", Integer, nullable=False),
)
order_items = Table(
    "order_items",
    metadata,
    Column("order_id", ForeignKey("orders.id"), primary_key=True),
    Column("product_id", ForeignKey("products.id"), primary_key=True),
    Column("quantity", Integer, nullable=False),
    Column("price_cents", Integer, nullable=False),
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    file = Path(__file__).with_name("shop.db")
    app.state.engine = create_async_engine(
        os.environ.get("DATABASE_URL", f"sqlite+aiosqlite:///{file}")
    )
    async with app.state.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield
    await app.state.engine.dispose()


app = FastAPI(lifespan=lifespan)


async def connect(request: Request) -> AsyncIterator[AsyncConnection]:
    async with request.app.state.engine.connect() as connection:
        yield connection


Connection = Annotated[AsyncConnection, Depends(connect)]


async def row(connection: AsyncConnection, table: Table, number: int):
    found = (await connection.execute(select(table).where(table.c.id == number))).one_or_none()
    if found is None:
        raise HTTPException(404)
    return found._asdict()


async def items_of(connection: AsyncConnection, numbers: list[int]) -> dict[int, list[dict]]:
    found = defaultdict(list)
    query = select(order_items).where(order_items.c.order_id.in_(numbers))
    for item in await connection.execute(query.order_by(order_items.c.product_id)):
        found[item.order_id].append(item._asdict())
    return found


@app.post("/users", status_code=201)
async def add_user(new: UserIn, connection: Connection) -> UserOut:
    number = await connection.scalar(insert(users).values(**new.model_dump()).returning(users.c.id))
    await connection.commit()
    return {"id": number, **new.model_dump()}


@app.post("/products", status_code=201)
async def add_product(new: ProductIn, connection: Connection) -> ProductOut:
    try:
        number = await connection.scalar(
            insert(products).values(**new.model_dump()).returning(products.c.id)
        )
    except IntegrityError as error:
        raise HTTPException(409) from error
    await connection.commit()
    return {"id": number, **new.model_dump()}


@app.get("/products/{product_id}")
async def read_product(product_id: int, connection: Connection) -> ProductOut:
    return await row(connection, products, product_id)


@app.post("/orders", status_code=201)
async def place_order(new: OrderIn, connection: Connection) -> OrderOut:
    await row(connection, users, new.user_id)
    wanted = Counter()
    for item in new.items:
        wanted.update({item.product_id: item.quantity})
    items = []
    for number in sorted(wanted):
        await row(connection, products, number)
        price = await connection.scalar(
            update(products)
            .where(products.c.id == number, products.c.stock >= wanted[number])
            .values(stock=products.c.stock - wanted[number])
            .returning(products.c.price_cents)
        )
        if price is None:
            raise HTTPException(409)
        items.append({"product_id": number, "quantity": wanted[number], "price_cents": price})
    order = {
        "user_id": new.user_id,
        "status": "placed",
        "total_cents": sum(item["quantity"] * item["price_cents"] for item in items),
    }
    order["id"] = await connection.scalar(insert(orders).values(**order).returning(orders.c.id))
    await connection.execute(
        insert(order_items), [{"order_id": order["id"], **item} for item in items]
    )
    await connection.commit()
    return {**order, "items": items}


@app.get("/users/{user_id}/orders")
async def list_orders(user_id: int, connection: Connection) -> list[OrderOut]:
    await row(connection, users, user_id)
    query = select(orders).where(orders.c.user_id == user_id).order_by(orders.c.id)
    found = [order._asdict() for order in await connection.execute(query)]
    items = await items_of(connection, [order["id"] for order in found])
    return [{**order, "items": items[order["id"]]} for order in found]


@app.post("/orders/{order_id}/cancel")
async def cancel_order(order_id: int, connection: Connection) -> OrderOut:
    order = await row(connection, orders, order_id)
    cancelled = await connection.execute(
        update(orders)
        .where(orders.c.id == order_id, orders.c.status == "placed")
        .values(status="cancelled")
    )
    if cancelled.rowcount == 0:
        raise HTTPException(409)
    items = (await items_of(connection, [order_id]))[order_id]
    for item in items:
        await connection.execute(
            update(products)
            .where(products.c.id == item["product_id"])
            .values(stock=products.c.stock + item["quantity"])
        )
    await connection.commit()
    return {**order, "status": "cancelled", "items": items}
