# fails: test_no_size
# kind: wrong-status
# says: There is no size smaller
from typing import Annotated

from fastapi import FastAPI, Path

app = FastAPI()
millilitres = {"small": 200, "medium": 300, "large": 400}


@app.get("/sizes/{size}")
def read_size(
    size: Annotated[str, Path(pattern="^(small|medium|large)", examples=list(millilitres))],
):
    return {"size": size, "ml": millilitres.get(size)}
