# A middleware in the style of Starlette, which runs the app in a task of its own.

import time

from fastapi import FastAPI
from given import router
from starlette.middleware.base import BaseHTTPMiddleware


class Timer(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        started = time.perf_counter()
        response = await call_next(request)
        response.headers["x-seconds"] = str(time.perf_counter() - started)
        return response


app = FastAPI()
app.add_middleware(Timer)
app.include_router(router)


@app.get("/")
def read_root():
    return {"hello": "world"}
