# Starts processes without an end. (Here the end is 200: the machine is shared.)
# checks: crashed pass pass
# says: starts processes without an end

import os
import time

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
async def read_root():
    for _ in range(200):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    time.sleep(60)
