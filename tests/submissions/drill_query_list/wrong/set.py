# fails: test_a_list
# kind: wrong-body
# says: also when two are the same
from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import Field

app = FastAPI()


@app.get("/sum")
def read_sum(n: Annotated[set[Annotated[int, Field(ge=0, le=100)]], Query(max_length=5)]):
    return {"count": len(n), "sum": sum(n)}
