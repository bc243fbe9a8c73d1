# Writes to every open file what no reader of JSON likes, without an end of line.
# checks: pass route-shadowed pass

import contextlib
import os

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.middleware("http")
async def write_garbage(request, call_next):
    for file in range(3, 20):
        for garbage in (
            b"[1, 2]\n",
            b"[" * 100_000 + b"\n",
            b"9" * 5000 + b"\n",
            b'\xff{"event": "',
        ):
            with contextlib.suppress(OSError):
                os.write(file, garbage)
    return await call_next(request)


@app.get("/")
def read_root():
    return {"hello": "world"}


@app.get("/double/{number}")
def double(number: int):
    return {"double": number}


app.router.routes.reverse()
