# fails: test_default
# kind: wrong-body
# says: the guest is greeted
from fastapi import FastAPI

app = FastAPI()
visitor = {"name": "Guest"}


@app.get("/greet")
def greet(name: str | None = None):
    if name:
        visitor["name"] = name
    return {"message": "Hello " + visitor["name"]}
