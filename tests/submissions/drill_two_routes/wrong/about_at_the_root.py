# fails: test_about
# kind: route-missing
# says: No route answers GET /about
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def home():
    return {"page": "Home"}


@app.get("/")
def about():
    return {"page": "About"}
