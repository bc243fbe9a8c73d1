# fails: test_an_order_of_too_much_changes_nothing
# kind: wrong-body
# says: what it wrote before it came to that product is committed: pieces are missing in the stock
import os
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse
from schemas import OrderIn, ProductIn, UserIn
from sqlalchemy import ForeignKey, String, UniqueConstraint, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship

Session = async_sessionmaker(expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))


class Product(Base):
    __tablename__ = "article"
    __table_args__ = (UniqueConstraint("sku"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(80))
    price_cents: Mapped[int]
    stock: Mapped[int]


class Order(Base):
    __tablename__ = "purchase"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    is_cancelled: Mapped[bool] = mapped_column(default=False)
    lines: Mapped[list["Line"]] = relationship(back_populates="order")

    def show(self) -> dict:
        return {
            "id": self.id,
            "status": "cancelled" if self.is_cancelled else "placed",
            "total_cents": sum(line.price_cents * line.quantity for line in self.lines),
            "items": [
                {
                    "product_id": line.product_id,
                    "quantity": line.quantity,
                    "price_cents": line.price_cents,
                }
                for line in self.lines
            ],
        }


class Line(Base):
    __tablename__ = "purchase_line"
    order_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    quantity: Mapped[int]
    price_cents: Mapped[int]
    order: Mapped[Order] = relationship(back_populates="lines")


@asynccontextmanager
async def lifespan(app):
    default = f"sqlite+aiosqlite:///{Path(__file__).parent}/shop.db"
    engine = create_async_engine(os.getenv("DATABASE_URL", default))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        Session.configure(bind=engine)
        yield
    finally:
        await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/users")
async def add_user(new: UserIn):
    async with Session.begin() as session:
        user = User(name=new.name)
        session.add(user)
    return JSONResponse({"id": user.id, "name": user.name}, 201)


@app.post("/products")
async def add_product(new: ProductIn):
    try:
        async with Session.begin() as session:
            product = Product(**dict(new))
            session.add(product)
    except IntegrityError:
        return JSONResponse({"error": "sku"}, 409)
    return JSONResponse({"id": product.id, **new.model_dump()}, 201)


@app.get("/products/{number}")
async def one_product(number: int):
    async with Session() as session:
        product = await session.scalar(select(Product).filter_by(id=number))
    if not product:
        raise HTTPException(404)
    return {name: getattr(product, name) for name in ("id", "sku", "name", "price_cents", "stock")}


@app.post("/orders")
async def order(new: OrderIn):
    async with Session.begin() as session:
        if not await session.get(User, new.user_id):
            raise HTTPException(404)
        numbers = {item.product_id for item in new.items}
        found = await session.scalars(select(Product).where(Product.id.in_(numbers)))
        products = {product.id: product for product in found}
        if len(products) < len(numbers):
            raise HTTPException(404)
        # Two entries for one product are two updates: the second one sees what the first has left.
        for item in sorted(new.items, key=lambda item: item.product_id):
            done = await session.execute(
                update(Product)
                .where(Product.id == item.product_id, Product.stock >= item.quantity)
                .values(stock=Product.stock - item.quantity)
                .execution_options(synchronize_session=False)
            )
            if not done.rowcount:
                return JSONResponse({"error": "sold out"}, 409)
        lines = [
            Line(number=n, price_cents=products[item.product_id].price_cents, **dict(item))
            for n, item in enumerate(new.items)
        ]
        placed = Order(user_id=new.user_id, lines=lines)
        session.add(placed)
    return JSONResponse(placed.show(), 201)


@app.get("/users/{number}/orders")
async def orders(number: int):
    async with Session() as session:
        if not await session.get(User, number):
            raise HTTPException(404)
        query = select(Order).options(joinedload(Order.lines)).where(Order.user_id == number)
        found = (await session.scalars(query.order_by(Order.id))).unique().all()
    return [order.show() for order in found]


@app.post("/orders/{number}/cancel")
async def cancel(number: int):
    async with Session.begin() as session:
        # The write comes first, so whoever comes second waits and then finds nothing to cancel.
        done = await session.execute(
            update(Order).where(Order.id == number, ~Order.is_cancelled).values(is_cancelled=True)
        )
        order = await session.get(Order, number, options=[joinedload(Order.lines)])
        if order is None:
            raise HTTPException(404)
        if not done.rowcount:
            raise HTTPException(409)
        for line in sorted(order.lines, key=lambda line: line.product_id):
            await session.execute(
                update(Product)
                .where(Product.id == line.product_id)
                .values(stock=Product.stock + line.quantity)
            )
    return order.show()
