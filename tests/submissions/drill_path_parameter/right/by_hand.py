# The text is read by hand, and refused with HTTPException.
from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/square/{text}")
def read_square(text: str):
    try:
        number = int(text)
    except ValueError:
        raise HTTPException(422, "Not a whole number") from None
    return {"square": number * number}
