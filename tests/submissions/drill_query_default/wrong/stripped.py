# fails: test_name
# kind: wrong-body
# says: as it was sent
from fastapi import FastAPI

app = FastAPI()


@app.get("/greet")
def greet(name: str = "Guest"):
    return {"message": f"Hello {name.strip()}"}
