# An ASGI application that is not FastAPI.
# problem: no-app
# says: not a FastAPI application


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b'{"hello": "world"}'})
