# fails: test_a_list
# kind: validation
# says: body
from fastapi import FastAPI

app = FastAPI()


@app.get("/sum")
def read_sum(n: list[int]):
    return {"count": len(n), "sum": sum(n)}
