# fails: test_no_size
# kind: wrong-status
# says: There is no size huge
from fastapi import FastAPI

app = FastAPI()
millilitres = {"small": 200, "medium": 300, "large": 400}


@app.get("/sizes/{size}")
def read_size(size: str):
    return {"size": size, "ml": millilitres.get(size, 0)}
