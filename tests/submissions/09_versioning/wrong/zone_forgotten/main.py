# fails: test_deprecation
# kind: wrong-header
# says: datetime(2026, 1, 1, tzinfo=UTC).timestamp(). Without tzinfo it is local time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime

from catalog import UnknownProduct, catalog
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from routers import login, products_v1, products_v2, users

V1_DEPRECATED = datetime(2026, 1, 1)
V1_SUNSET = datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)


def announce_the_end(response: Response) -> None:
    """Say in the headers when version 1 ends: RFC 9745 and RFC 8594."""
    response.headers["Deprecation"] = f"@{int(V1_DEPRECATED.timestamp())}"
    response.headers["Sunset"] = format_datetime(V1_SUNSET, usegmt=True)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    catalog.open()
    yield
    catalog.close()


v1 = APIRouter(prefix="/api/v1", deprecated=True, dependencies=[Depends(announce_the_end)])
v1.include_router(users.router)
v1.include_router(products_v1.router)

v2 = APIRouter(prefix="/api/v2")
v2.include_router(users.router)
v2.include_router(products_v2.router)

app = FastAPI(title="Corner Shop API", lifespan=lifespan)
app.include_router(login.router)
app.include_router(v1)
app.include_router(v2)


@app.exception_handler(UnknownProduct)
def no_such_product(request: Request, error: UnknownProduct) -> JSONResponse:
    return JSONResponse({"detail": "No such product"}, status_code=404)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
