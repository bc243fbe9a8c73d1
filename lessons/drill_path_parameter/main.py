from fastapi import FastAPI

app = FastAPI()


# TODO: take the number from the path, and let nothing else in.
#   GET /square/12   →  200  {"square": 144}
#   GET /square/two  →  422
@app.get("/square")
def read_square():
    return {"square": 0}
