# Ctrl-C, as if the learner had pressed it.
# checks: server-error pass pass
# says: KeyboardInterrupt

import _thread
import time

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    _thread.interrupt_main()
    time.sleep(0.2)
    return {"hello": "world"}
