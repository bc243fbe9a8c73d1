# The headers of the request.
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

app = FastAPI()


@app.get("/hello")
def read_hello(request: Request):
    return JSONResponse({"hello": request.headers.get("X-NICKNAME") or "stranger"})
