# What a thread hands back when its function does not return.
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def read_root() -> str:
    return next(iter([]))


@app.get("/health")
def read_health() -> None:
    raise SystemExit(3)


@app.get("/products")
def list_products() -> object:
    return list_products()
