# fails: test_text
# kind: error-with-200
# says: 200
from fastapi import FastAPI

app = FastAPI()


@app.get("/square/{number}")
def read_square(number: str):
    try:
        return {"square": int(number) ** 2}
    except ValueError:
        return {"error": "not a number"}
