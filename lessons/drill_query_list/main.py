from fastapi import FastAPI

app = FastAPI()


# TODO: add up all the numbers of the query string, 1 to 5 of them, each from 0 to 100.
#   GET /sum?n=20&n=22    →  200  {"count": 2, "sum": 42}
#   GET /sum              →  422
#   GET /sum?n=20&n=101   →  422
@app.get("/sum")
def read_sum(n: int):
    return {"count": 1, "sum": n}
