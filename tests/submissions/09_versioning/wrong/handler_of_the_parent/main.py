# fails: test_unknown_products
# kind: server-error
# says: It works for the app that has it: an app that is mounted needs one of its own
from contextlib import asynccontextmanager

from catalog import UnknownProduct, catalog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from routers import login, v1, v2


@asynccontextmanager
async def lifespan(app: FastAPI):
    catalog.open()
    yield
    catalog.close()


def no_such_product(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "No such product"}, status_code=404)


app = FastAPI(title="Corner Shop", lifespan=lifespan)
app.include_router(login.router)
app.add_exception_handler(UnknownProduct, no_such_product)
for version in (v1, v2):
    app.mount(f"/api/v{version.app.version}", version.app)


@app.get("/health")
async def health():
    return {"status": "ok"}
