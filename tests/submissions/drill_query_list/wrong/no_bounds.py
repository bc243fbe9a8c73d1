# fails: test_one_to_five
# kind: wrong-status
# says: 1 to 5 are allowed
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()


@app.get("/sum")
def read_sum(n: Annotated[list[int], Query()] = []):
    return {"count": len(n), "sum": sum(n)}
