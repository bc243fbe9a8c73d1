# A loop without an end in an async function: the event loop stands still.
# checks: hung pass pass
# says: was still running, so the run was stopped.

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
async def read_root():
    while True:
        pass
