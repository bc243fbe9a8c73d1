# A thread that counts in the background.

import threading
import time

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


def count():
    while True:
        time.sleep(0.01)


threading.Thread(target=count, daemon=True).start()


@app.get("/")
def read_root():
    return {"hello": "world"}
