# Models and a session, a lock on the row, no pool, modules of its own; kept connections to the app.
# over: solution

import os
from contextlib import asynccontextmanager
from hmac import compare_digest

import hall
import health
from fastapi import FastAPI
from queues import prepare
from whoami import router

KEY = os.environ.get("SECRET_KEY", "").encode()
if len(KEY.decode()) < 32:
    raise SystemExit("SECRET_KEY must have at least 32 characters")


@asynccontextmanager
async def lifespan(app: FastAPI):
    await prepare(hall.engine)
    yield
    await hall.engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.middleware("http")
async def the_desk_only(request, call_next):
    key = request.headers.get("x-desk-key", "")
    if request.method == "PUT" and not compare_digest(key.encode(), KEY):
        return hall.JSONResponse({"error": "not for you"}, 401)
    return await call_next(request)


for part in (router, hall.router, health.router):
    app.include_router(part)
