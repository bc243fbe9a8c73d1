# Headers without an end.
# checks: hung|server-error pass pass

from itertools import cycle

from fastapi import FastAPI
from fastapi.responses import Response
from given import router

app = FastAPI()
app.include_router(router)


class Endless(Response):
    async def __call__(self, scope, receive, send):
        start = {"type": "http.response.start", "status": 200, "headers": cycle([(b"a", b"b")])}
        await send(start)


@app.get("/")
def read_root():
    return Endless()
