# fails: test_a_list
# kind: server-error
# says: ge
from fastapi import FastAPI, Query

app = FastAPI()


@app.get("/sum")
def read_sum(n: list[int] = Query(min_length=1, max_length=5, ge=0, le=100)):
    return {"count": len(n), "sum": sum(n)}
