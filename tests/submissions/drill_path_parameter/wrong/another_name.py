# fails: test_square
# kind: validation
# says: give both the same name
from fastapi import FastAPI

app = FastAPI()


@app.get("/square/{num}")
def read_square(number: int):
    return {"square": number * number}
