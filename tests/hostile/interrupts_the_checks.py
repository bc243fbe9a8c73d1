# Ctrl-C again and again, also while none of its own code runs.

import _thread
import threading
import time

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


def interrupt():
    while True:
        time.sleep(0.001)
        _thread.interrupt_main()


threading.Thread(target=interrupt, daemon=True).start()


@app.get("/")
def read_root():
    return {"hello": "nobody"}
