# fails: test_each_from_0_to_100
# kind: wrong-status
# says: from 0 to 100
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()


@app.get("/sum")
def read_sum(n: Annotated[list[int], Query(min_length=1, max_length=5)]):
    return {"count": len(n), "sum": sum(n)}
