from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from catalog import Product, read_catalog
from fastapi import FastAPI

store: list[Product] = []


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    store.extend(read_catalog())
    yield
    store.clear()
