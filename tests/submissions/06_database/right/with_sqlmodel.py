# SQLModel: one class is the table and the model.
# terminal: needs SQLModel
import os
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from schemas import OrderIn, OrderOut, ProductIn, UserIn
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import selectinload
from sqlmodel import Field, Relationship, SQLModel, select, update
from sqlmodel.ext.asyncio.session import AsyncSession


class User(SQLModel, table=True):
    __tablename__ = "users"
    id: int | None = Field(default=None, primary_key=True)
    name: str


class Product(SQLModel, table=True):
    __tablename__ = "products"
    id: int | None = Field(default=None, primary_key=True)
    sku: str = Field(unique=True)
    name: str
    price_cents: int
    stock: int


class Order(SQLModel, table=True):
    __tablename__ = "orders"
    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="users.id")
    status: str = "placed"
    total_cents: int
    items: list["OrderItem"] = Relationship()


class OrderItem(SQLModel, table=True):
    __tablename__ = "order_items"
    id: int | None = Field(default=None, primary_key=True)
    order_id: int | None = Field(default=None, foreign_key="orders.id")
    product_id: int = Field(foreign_key="products.id")
    quantity: int
    price_cents: int


engine = None


@asynccontextmanager
async def lifespan(app: FastAPI):
    global engine
    file = Path(__file__).with_name("shop.db")
    engine = create_async_engine(os.environ.get("DATABASE_URL", f"sqlite+aiosqlite:///{file}"))
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def get_session():
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]


@app.post("/users", status_code=201)
async def create_user(new: UserIn, session: SessionDep) -> User:
    user = User.model_validate(new)
    session.add(user)
    await session.commit()
    return user


@app.post("/products", status_code=201)
async def create_product(new: ProductIn, session: SessionDep) -> Product:
    product = Product.model_validate(new)
    session.add(product)
    try:
        await session.commit()
    except IntegrityError as error:
        raise HTTPException(409, "sku") from error
    return product


@app.get("/products/{product_id}")
async def read_product(product_id: int, session: SessionDep) -> Product:
    product = await session.get(Product, product_id)
    if not product:
        raise HTTPException(404)
    return product


@app.post("/orders", status_code=201, response_model=OrderOut)
async def place_order(new: OrderIn, session: SessionDep):
    if not await session.get(User, new.user_id):
        raise HTTPException(404)
    wanted = Counter()
    for item in new.items:
        wanted[item.product_id] += item.quantity
    order = Order(user_id=new.user_id, total_cents=0)
    for product_id, quantity in sorted(wanted.items()):
        product = await read_product(product_id, session)
        statement = (
            update(Product)
            .where(Product.id == product_id, Product.stock >= quantity)
            .values(stock=Product.stock - quantity)
        )
        if (await session.exec(statement)).rowcount == 0:
            raise HTTPException(409)
        order.total_cents += product.price_cents * quantity
        order.items.append(
            OrderItem(product_id=product_id, quantity=quantity, price_cents=product.price_cents)
        )
    session.add(order)
    await session.commit()
    return order


@app.get("/users/{user_id}/orders", response_model=list[OrderOut])
async def list_orders(user_id: int, session: SessionDep):
    if not await session.get(User, user_id):
        raise HTTPException(404)
    query = select(Order).where(Order.user_id == user_id).order_by(Order.id)
    return (await session.exec(query.options(selectinload(Order.items)))).all()


@app.post("/orders/{order_id}/cancel", response_model=OrderOut)
async def cancel_order(order_id: int, session: SessionDep):
    order = await session.get(Order, order_id, options=[selectinload(Order.items)])
    if not order:
        raise HTTPException(404)
    cancel = update(Order).where(Order.id == order_id, Order.status == "placed")
    if (await session.exec(cancel.values(status="cancelled"))).rowcount == 0:
        raise HTTPException(409)
    for item in sorted(order.items, key=lambda item: item.product_id):
        put_back = update(Product).where(Product.id == item.product_id)
        await session.exec(put_back.values(stock=Product.stock + item.quantity))
    await session.commit()
    return order
