from fastapi import FastAPI

app = FastAPI()


@app.get("/square/{number}")
def read_square(number: int) -> dict[str, int]:
    return {"square": number * number}
