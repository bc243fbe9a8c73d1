# fails: test_square
# kind: wrong-body
# says: to the last digit
import math

from fastapi import FastAPI

app = FastAPI()


@app.get("/square/{number}")
def read_square(number: int):
    return {"square": int(math.pow(number, 2))}
