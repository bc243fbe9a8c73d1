# Its own file is gone when the first request comes.
# checks: wrong-body pass route-missing

from pathlib import Path

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def read_root():
    Path(__file__).unlink(missing_ok=True)
    return {"hello": "nobody"}


@app.get("/double/{number}")
def double(number: int):
    Path(__file__).unlink(missing_ok=True)
    return {"double": 2 * number}
