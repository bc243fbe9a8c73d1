# A config instead of a mount, environment as a list, and a setting read by hand.
# over: solution
import os
from contextlib import suppress

from database import DatabaseGone, ping
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from shop import router as shop

if len(os.environ["SECRET_KEY"]) < 32:
    raise RuntimeError("SECRET_KEY must have at least 32 characters")

health = APIRouter(prefix="/health", tags=["health"])


@health.get("/live")
async def live():
    return "ok"


@health.get("/ready")
async def ready():
    with suppress(DatabaseGone):
        await ping()
        return {"database": "ok"}
    return JSONResponse({"database": "gone"}, status_code=503)


app = FastAPI()
for router in (shop, health):
    app.include_router(router)
