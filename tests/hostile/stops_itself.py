# A process that is stopped hears no signal but one.
# checks: hung pass pass

import os
import signal

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    os.kill(os.getpid(), signal.SIGSTOP)
    return {"hello": "world"}
