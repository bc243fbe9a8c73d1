# fails: test_about
# kind: route-missing
# says: GET / is declared twice
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def home():
    return {"page": "Home"}


@app.get("/")
def about():
    return {"page": "About"}
