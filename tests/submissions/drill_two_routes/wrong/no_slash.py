# fails: test_about
# kind: route-missing
# says: must begin with a slash
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def home():
    return {"page": "Home"}


@app.get("about")
def about():
    return {"page": "About"}
