# The bounds are checked in the function.
from fastapi import FastAPI, HTTPException, Query

app = FastAPI()


@app.get("/sum")
def read_sum(numbers: list[int] = Query(alias="n")):
    if len(numbers) > 5 or not all(0 <= number <= 100 for number in numbers):
        raise HTTPException(422, "1 to 5 numbers, each from 0 to 100")
    return {"sum": sum(numbers), "count": len(numbers)}
