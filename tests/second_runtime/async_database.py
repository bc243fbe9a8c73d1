# SQLAlchemy's asyncio on SQLite: what it finds, what it refuses, and what it says then.
import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import ForeignKey, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    orders: Mapped[list["Order"]] = relationship()


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


async def refused(session: AsyncSession) -> None:
    session.add(User(name="Ada"))
    try:
        await session.commit()
    except IntegrityError as error:
        print(type(error).__name__, error.orig)
        await session.rollback()


async def lazily(session: AsyncSession) -> None:
    warnings.simplefilter("ignore")  # of the call that was given up, which only one runtime sees
    user = (await session.scalars(select(User))).one()
    try:
        print(user.orders)
    except Exception as error:
        print(type(error).__name__, str(error).partition("\n")[0])


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    engine = create_async_engine("sqlite+aiosqlite:///shop.db")
    sessions = async_sessionmaker(engine)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with sessions.begin() as session:
        session.add(User(name="Ada", orders=[Order(), Order()]))
    async with sessions() as session:
        await refused(session)
        await lazily(session)
        user = (await session.scalars(select(User).options(selectinload(User.orders)))).one()
        print(user.name, [order.id for order in user.orders])
        changed = await session.execute(update(User).where(User.id == 1).values(name="Eva"))
        print(changed.rowcount)
        await session.rollback()
        async for name in await session.stream_scalars(select(User.name)):
            print(name)
        await session.run_sync(lambda inner: print(inner.scalar(select(func.count(Order.id)))))
    async with sessions() as one, sessions() as other:
        print(await asyncio.gather(*(s.scalar(select(User.name)) for s in (one, other))))
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)
