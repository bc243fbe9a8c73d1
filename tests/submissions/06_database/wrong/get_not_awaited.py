# fails: test_a_product_is_created_and_read
# kind: response-model
# says: returned a coroutine: an await is missing before the call of get()
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from schemas import OrderIn, OrderOut, ProductIn, ProductOut, UserIn, UserOut
from sqlalchemy import ForeignKey, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Product(Base):
    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    price_cents: Mapped[int]
    stock: Mapped[int]


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    status: Mapped[str]
    total_cents: Mapped[int]
    items: Mapped[list["OrderItem"]] = relationship(order_by="OrderItem.product_id")


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
    engine = create_async_engine(database_url())
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    # Objects stay readable after the commit: the answer is made of them.
    app.state.new_session = async_sessionmaker(engine, expire_on_commit=False)
    yield
    await engine.dispose()


app = FastAPI(title="Corner Shop API", lifespan=lifespan)


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.new_session() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]


async def check_user(session: AsyncSession, user_id: int) -> None:
    if await session.get(User, user_id) is None:
        raise HTTPException(404, "No such user")


async def get_product(session: AsyncSession, product_id: int) -> Product:
    product = session.get(Product, product_id)
    if product is None:
        raise HTTPException(404, "No such product")
    return product


@app.post("/users", status_code=201)
async def create_user(new: UserIn, session: SessionDep) -> UserOut:
    user = User(**new.model_dump())
    session.add(user)
    await session.commit()
    return user


@app.post("/products", status_code=201)
async def create_product(new: ProductIn, session: SessionDep) -> ProductOut:
    product = Product(**new.model_dump())
    session.add(product)
    try:
        await session.commit()
    except IntegrityError:
        raise HTTPException(409, "Another product has this sku") from None
    return product


@app.get("/products/{product_id}")
async def read_product(product_id: int, session: SessionDep) -> ProductOut:
    return await get_product(session, product_id)


@app.post("/orders", status_code=201)
async def place_order(new: OrderIn, session: SessionDep) -> OrderOut:
    await check_user(session, new.user_id)
    wanted = Counter()
    for item in new.items:
        wanted[item.product_id] += item.quantity
    order = Order(user_id=new.user_id, status="placed", total_cents=0)
    # Everyone takes the products in the same order, so that no two orders wait for each other.
    for product_id, quantity in sorted(wanted.items()):
        product = await get_product(session, product_id)
        taken = await session.execute(
            update(Product)
            .where(Product.id == product_id, Product.stock >= quantity)
            .values(stock=Product.stock - quantity)
        )
        if taken.rowcount == 0:
            raise HTTPException(409, f"There are not {quantity} of product {product_id}")
        price_cents = product.price_cents
        order.items.append(
            OrderItem(product_id=product_id, quantity=quantity, price_cents=price_cents)
        )
        order.total_cents += quantity * price_cents
    session.add(order)
    await session.commit()
    return order


@app.get("/users/{user_id}/orders")
async def list_orders(user_id: int, session: SessionDep) -> list[OrderOut]:
    await check_user(session, user_id)
    found = await session.scalars(
        select(Order)
        .where(Order.user_id == user_id)
        .order_by(Order.id)
        .options(selectinload(Order.items))
    )
    return found.all()


@app.post("/orders/{order_id}/cancel")
async def cancel_order(order_id: int, session: SessionDep) -> OrderOut:
    order = await session.get(Order, order_id, options=[selectinload(Order.items)])
    if order is None:
        raise HTTPException(404, "No such order")
    cancelled = await session.execute(
        update(Order)
        .where(Order.id == order_id, Order.status == "placed")
        .values(status="cancelled")
    )
    if cancelled.rowcount == 0:
        raise HTTPException(409, "The order is cancelled already")
    for item in order.items:
        await session.execute(
            update(Product)
            .where(Product.id == item.product_id)
            .values(stock=Product.stock + item.quantity)
        )
    await session.commit()
    return order
