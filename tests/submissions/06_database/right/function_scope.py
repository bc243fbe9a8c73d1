# The dependency commits after its yield, and is left before the answer: scope="function".
import os
from collections import defaultdict
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from schemas import OrderIn, OrderOut, ProductIn, ProductOut, UserIn, UserOut
from sqlalchemy import ForeignKey, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)


class User(Base):
    __tablename__ = "users"
    name: Mapped[str]


class Product(Base):
    __tablename__ = "products"
    sku: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    price_cents: Mapped[int]
    stock: Mapped[int]


class Order(Base):
    __tablename__ = "orders"
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    status: Mapped[str]
    total_cents: Mapped[int]
    items: Mapped[list["OrderItem"]] = relationship(lazy="selectin")


class OrderItem(Base):
    __tablename__ = "order_items"
    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id))
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id))
    quantity: Mapped[int]
    price_cents: Mapped[int]


@asynccontextmanager
async def lifespan(app: FastAPI):
    url = os.environ.get("DATABASE_URL") or f"sqlite+aiosqlite:///{Path(__file__).parent}/shop.db"
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield {"engine": engine}
    await engine.dispose()


async def get_session(request: Request):
    async with (
        AsyncSession(request.state.engine, expire_on_commit=False) as session,
        session.begin(),
    ):
        yield session


Db = Annotated[AsyncSession, Depends(get_session, scope="function")]
router = APIRouter()


async def get(session: AsyncSession, kind: type[Base], number: int):
    found = await session.get(kind, number)
    if found is None:
        raise HTTPException(404, f"No such {kind.__name__.lower()}")
    return found


@router.post("/users", response_model=UserOut, status_code=201)
async def add_user(new: UserIn, db: Db):
    user = User(**new.model_dump())
    db.add(user)
    await db.flush()
    return user


@router.post("/products", response_model=ProductOut, status_code=201)
async def add_product(new: ProductIn, db: Db):
    product = Product(**new.model_dump())
    db.add(product)
    try:
        await db.flush()
    except IntegrityError as error:
        raise HTTPException(409, "There is such a sku") from error
    return product


@router.get("/products/{product_id}", response_model=ProductOut)
async def read_product(product_id: int, db: Db):
    return await get(db, Product, product_id)


@router.post("/orders", response_model=OrderOut, status_code=201)
async def add_order(new: OrderIn, db: Db):
    await get(db, User, new.user_id)
    wanted = defaultdict(int)
    for item in new.items:
        await get(db, Product, item.product_id)
        wanted[item.product_id] += item.quantity
    items = []
    for product_id in sorted(wanted):
        quantity = wanted[product_id]
        price = await db.scalar(
            update(Product)
            .where(Product.id == product_id, Product.stock >= quantity)
            .values(stock=Product.stock - quantity)
            .returning(Product.price_cents)
        )
        if price is None:
            raise HTTPException(409, "Sold out")
        items.append(OrderItem(product_id=product_id, quantity=quantity, price_cents=price))
    total = sum(item.quantity * item.price_cents for item in items)
    order = Order(user_id=new.user_id, status="placed", total_cents=total, items=items)
    db.add(order)
    await db.flush()
    return order


@router.get("/users/{user_id}/orders", response_model=list[OrderOut])
async def list_orders(user_id: int, db: Db):
    await get(db, User, user_id)
    return list(await db.scalars(select(Order).filter_by(user_id=user_id).order_by(Order.id)))


@router.post("/orders/{order_id}/cancel", response_model=OrderOut)
async def cancel(order_id: int, db: Db):
    order = await get(db, Order, order_id)
    cancelled = update(Order).where(Order.id == order_id, Order.status != "cancelled")
    if not (await db.execute(cancelled.values(status="cancelled"))).rowcount:
        raise HTTPException(409, "Cancelled already")
    for item in sorted(order.items, key=lambda item: item.product_id):
        product = update(Product).where(Product.id == item.product_id)
        await db.execute(product.values(stock=Product.stock + item.quantity))
    return order


app = FastAPI(lifespan=lifespan)
app.include_router(router)
