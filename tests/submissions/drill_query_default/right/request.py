# The query string is taken from the request.
from fastapi import FastAPI, Request

app = FastAPI()


@app.get("/greet")
def greet(request: Request):
    return {"message": "Hello " + request.query_params.get("name", "Guest")}
