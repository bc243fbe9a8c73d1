# Output goes nowhere, and says so loudly.
# checks: wrong-body pass pass

import sys

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


class Broken:
    def __getattr__(self, name):
        raise RuntimeError(name)


sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = Broken()


@app.get("/")
def read_root():
    return {"hello": "nobody"}
