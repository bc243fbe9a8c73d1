# An object that says it is a FastAPI application, and has nothing of one.

from fastapi import FastAPI


class App:
    __class__ = FastAPI

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b'{"hello": "world"}'})


app = App()
