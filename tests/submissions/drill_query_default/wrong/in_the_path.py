# fails: test_name
# kind: route-missing
# says: No route answers GET /greet
from fastapi import FastAPI

app = FastAPI()


@app.get("/greet/{name}")
def greet(name: str = "Guest"):
    return {"message": f"Hello {name}"}
