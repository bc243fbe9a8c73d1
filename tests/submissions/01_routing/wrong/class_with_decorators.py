# fails: load
# kind: import
# says: FastAPI()
from catalog import read_catalog
from fastapi import FastAPI

app = FastAPI


@app.get("/")
def read_root():
    return {"name": "Corner Shop API", "docs": "/docs"}


@app.get("/products")
def list_products():
    return read_catalog()
