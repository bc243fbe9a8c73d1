# fails: test_name
# kind: wrong-body
# says: the parameter that has the same name
from fastapi import FastAPI

app = FastAPI()


@app.get("/greet")
def greet(who: str = "Guest"):
    return {"message": f"Hello {who}"}
