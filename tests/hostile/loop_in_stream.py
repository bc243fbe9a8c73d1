# The response begins, and its second part never comes.
# checks: hung pass pass
# says: was still running, so the run was stopped.

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from given import router

app = FastAPI()
app.include_router(router)


def parts():
    yield '{"hello":'
    while True:
        pass


@app.get("/")
def read_root():
    return StreamingResponse(parts())
