# fails: test_products_of_version_2
# kind: server-error
# says: The catalogue is not open: nobody has called catalog.open()
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


app = FastAPI(title="Corner Shop")
app.include_router(login.router)
for version in (v1, v2):
    version.app.router.lifespan_context = lifespan
    version.app.add_exception_handler(UnknownProduct, no_such_product)
    app.mount(f"/api/v{version.app.version}", version.app)


@app.get("/health")
async def health():
    return {"status": "ok"}
