# An exception that comes from anywhere, at any time.

import signal

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


def ring(number, frame):
    raise RuntimeError("time to get up")


signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.001)


@app.get("/")
def read_root():
    return {"hello": "nobody"}
