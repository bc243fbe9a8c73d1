# Threads that never end, also not when the interpreter wants to.
# checks: wrong-body pass pass

import threading
import time

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


def work():
    while True:
        time.sleep(0.01)


for _ in range(20):
    threading.Thread(target=work).start()


@app.get("/")
def read_root():
    return {"hello": "nobody"}
