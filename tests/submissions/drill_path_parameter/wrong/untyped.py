# fails: test_square
# kind: server-error
# says: TypeError
from fastapi import FastAPI

app = FastAPI()


@app.get("/square/{number}")
def read_square(number):
    return {"square": number * number}
