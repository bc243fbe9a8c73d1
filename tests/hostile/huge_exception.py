# An exception of 10 MB.
# checks: server-error pass pass
# says: ValueError: xxxx

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    raise ValueError("x" * 10_000_000)
