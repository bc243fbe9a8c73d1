# Leaves a process behind whose parent has ended: nobody's child, in a session of its own.
# checks: wrong-body pass pass

import os
import time

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)


@app.get("/")
def read_root():
    return {"hello": "nobody"}
