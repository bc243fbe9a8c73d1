# fails: test_no_size
# kind: wrong-status
# says: There is no size huge
from fastapi import FastAPI, HTTPException

app = FastAPI()
millilitres = {"small": 200, "medium": 300, "large": 400}


@app.get("/sizes/{size}")
def read_size(size: str):
    if size not in millilitres:
        raise HTTPException(404, "No such size")
    return {"size": size, "ml": millilitres[size]}
