from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import Field

app = FastAPI()

Percent = Annotated[int, Field(ge=0, le=100)]


@app.get("/sum")
def read_sum(n: Annotated[list[Percent], Query(max_length=5)]) -> dict[str, int]:
    return {"count": len(n), "sum": sum(n)}
