# fails: test_square
# kind: wrong-body
# says: 144 and not 144.0
from fastapi import FastAPI

app = FastAPI()


@app.get("/square/{number}")
def read_square(number: float):
    return {"square": number**2}
