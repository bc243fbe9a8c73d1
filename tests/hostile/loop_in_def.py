# A loop without an end in a function that FastAPI runs in a thread.
# checks: hung pass pass
# says: was still running, so the run was stopped.

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    count = 0
    while True:
        count += 1
