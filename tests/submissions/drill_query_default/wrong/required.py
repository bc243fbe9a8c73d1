# fails: test_default
# kind: validation
# says: name
from fastapi import FastAPI

app = FastAPI()


@app.get("/greet")
def greet(name: str):
    return {"message": f"Hello {name}"}
