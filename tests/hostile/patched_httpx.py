# The client of the checks reads what the app did not say.
# checks: wrong-body pass pass

import httpx
from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)

httpx.Response.json = lambda self: {"hello": "world"}
httpx.Response.__getattribute__ = lambda self, name: object.__getattribute__(self, name)


@app.get("/")
def read_root():
    return {"hello": "nobody"}
