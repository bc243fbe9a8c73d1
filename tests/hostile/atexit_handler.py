# Something to do at the end, without an end.
# checks: wrong-body pass pass

import atexit
import time

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@atexit.register
def wait():
    time.sleep(60)


@app.get("/")
def read_root():
    return {"hello": "nobody"}
