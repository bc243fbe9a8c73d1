# Asks for more memory than there is, and keeps all of it.
# checks: server-error pass pass
# says: more memory than the run may use

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)

kept = []


@app.get("/")
def read_root():
    while True:
        kept.append(bytes(100_000_000))
