# A middleware sees the response leave, and then rings in a thread.
from asyncio import to_thread

import bell
from fastapi import FastAPI, Request

app = FastAPI()


class RingsAfterwards:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)
        if name := scope.get("state", {}).get("visitor"):
            await to_thread(bell.ring, name)


app.add_middleware(RingsAfterwards)


@app.post("/visitors", status_code=202)
def announce(name: str, request: Request):
    request.state.visitor = name
    return {"name": name}
