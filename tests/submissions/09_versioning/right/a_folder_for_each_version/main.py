# A folder for each version, relative imports, and routers included before they have any routes.
from contextlib import asynccontextmanager

from fastapi import FastAPI

from . import api, catalog


@asynccontextmanager
async def lifespan(app: FastAPI):
    catalog.catalog.open()
    yield
    catalog.catalog.close()


app = FastAPI(title="Corner Shop API", lifespan=lifespan)
app.include_router(api.router)
api.fill()
