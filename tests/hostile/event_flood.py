# Never stops writing to every open file.
# checks: hung pass pass

import contextlib
import os

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    while True:
        for file in range(3, 20):
            with contextlib.suppress(OSError):
                os.write(file, b"x" * 100_000)
