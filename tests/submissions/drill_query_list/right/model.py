# A query model, with conint.
from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel, conint, conlist

app = FastAPI()


class Numbers(BaseModel):
    n: conlist(conint(ge=0, le=100), min_length=1, max_length=5)


@app.get("/sum")
async def read_sum(numbers: Annotated[Numbers, Query()]):
    return {"count": len(numbers.n), "sum": sum(numbers.n)}
