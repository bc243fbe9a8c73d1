# Called by the garbage collector, whatever code happens to run.
# problem: crashed
# says: ended the whole Python process

import gc
import os

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)

gc.callbacks.append(lambda phase, info: os._exit(0))
gc.set_threshold(1)


@app.get("/")
def read_root():
    return {"hello": "nobody"}
