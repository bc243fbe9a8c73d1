# fails: test_nothing_else_ends
# kind: wrong-body
# says: or that hold /v1
# over: solution
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime

from catalog import UnknownProduct, catalog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from routers import login, products_v1, products_v2, users

V1_DEPRECATED = datetime(2026, 1, 1, tzinfo=UTC)
V1_SUNSET = datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    catalog.open()
    yield
    catalog.close()


v1 = APIRouter(prefix="/api/v1", deprecated=True)
v1.include_router(users.router)
v1.include_router(products_v1.router)

v2 = APIRouter(prefix="/api/v2")
v2.include_router(users.router)
v2.include_router(products_v2.router)

app = FastAPI(title="Corner Shop API", lifespan=lifespan)
app.include_router(login.router)


@app.middleware("http")
async def announce_the_end(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    if "/v1/" in request.url.path:
        response.headers["Deprecation"] = f"@{int(V1_DEPRECATED.timestamp())}"
        response.headers["Sunset"] = format_datetime(V1_SUNSET, usegmt=True)
    return response


app.include_router(v1)
app.include_router(v2)


@app.exception_handler(UnknownProduct)
def no_such_product(request: Request, error: UnknownProduct) -> JSONResponse:
    return JSONResponse({"detail": "No such product"}, status_code=404)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
