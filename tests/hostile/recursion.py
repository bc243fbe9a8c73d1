# A function that calls itself.
# checks: server-error pass pass
# says: calls itself again and again

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    return read_root()
