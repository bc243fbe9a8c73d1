# One request, two processes that answer it; the second one would say the right thing.
# checks: wrong-body pass pass

import os

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
async def read_root():
    return {"hello": "world" if os.fork() == 0 else "nobody"}
