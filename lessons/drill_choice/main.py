from fastapi import FastAPI

app = FastAPI()
millilitres = {"small": 200, "medium": 300, "large": 400}


# TODO: accept the three sizes and nothing else, and let the documentation say so.
#   GET /sizes/small  →  200  {"size": "small", "ml": 200}
#   GET /sizes/huge   →  422
@app.get("/sizes/{size}")
def read_size(size: str):
    return {"size": size, "ml": millilitres.get(size)}
