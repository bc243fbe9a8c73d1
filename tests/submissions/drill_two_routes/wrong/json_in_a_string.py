# fails: test_home
# kind: wrong-body
# says: string
import json

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def home():
    return json.dumps({"page": "Home"})


@app.get("/about")
def about():
    return json.dumps({"page": "About"})
