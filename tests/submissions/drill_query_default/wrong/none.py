# fails: test_default
# kind: wrong-body
# says: the guest is greeted
from fastapi import FastAPI

app = FastAPI()


@app.get("/greet")
def greet(name: str | None = None):
    return {"message": f"Hello {name}"}
