# Ends its process and leaves a copy that holds all its files open.
# checks: crashed pass pass
# says: the process ended with status 3

import os
import time

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
async def read_root():
    if os.fork() == 0:
        time.sleep(60)
    os._exit(3)
