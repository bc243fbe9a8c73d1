# What Ctrl-C raises, from an async function.
# checks: server-error pass pass
# says: raised KeyboardInterrupt, which ends the whole server

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
async def read_root():
    raise KeyboardInterrupt
