# fails: test_text
# kind: wrong-status
# says: 1.5 is no whole number
from fastapi import FastAPI

app = FastAPI()


@app.get("/square/{number}")
def read_square(number: float):
    return {"square": int(number) ** 2}
