# A thread that may run, and a function that never ends: the function is the one to name.
# checks: hung pass pass
# says: Line 26 was still running

import threading
import time

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


def work():
    while True:
        time.sleep(0.01)


for _ in range(5):
    threading.Thread(target=work, daemon=True).start()


@app.get("/")
async def read_root():
    time.sleep(60)
