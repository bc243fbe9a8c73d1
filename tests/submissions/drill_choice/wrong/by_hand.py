# fails: test_the_documentation
# kind: wrong-openapi
# says: a check inside the function is not
from fastapi import FastAPI, HTTPException

app = FastAPI()
millilitres = {"small": 200, "medium": 300, "large": 400}


@app.get("/sizes/{size}")
def read_size(size: str):
    if size not in millilitres:
        raise HTTPException(422, "No such size")
    return {"size": size, "ml": millilitres[size]}
