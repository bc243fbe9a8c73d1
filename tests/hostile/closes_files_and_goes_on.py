# Closes every file of the process, and never ends.
# checks: crashed pass pass
# says: closed files that it had not opened

import os

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    os.closerange(0, 100)
    while True:
        pass
