# The system ends the process a little later.
# checks: crashed pass pass
# says: SIGALRM

import signal
import time

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    time.sleep(60)
