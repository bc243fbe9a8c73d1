# fails: test_nothing_else
# kind: wrong-status
# says: fits every path
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def home():
    return {"page": "Home"}


@app.get("/{page}")
def page(page: str):
    return {"page": page.capitalize()}
