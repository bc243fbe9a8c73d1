# Settings from the environment, and a clock of its own.

import os
import time

from fastapi import FastAPI
from given import router

os.environ.setdefault("GREETING", "world")
now = time.time
app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    assert now() > 0
    return {"hello": os.environ["GREETING"]}
