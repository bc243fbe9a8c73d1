# Ends every process of its group: the checks must not be one of them.
# checks: crashed pass pass
# says: SIGTERM

import os
import signal

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    os.kill(0, signal.SIGTERM)
