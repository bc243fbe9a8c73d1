from fastapi import FastAPI
from tea import brew

app = FastAPI()


@app.get("/tea")
async def read_tea() -> dict[str, int]:
    return {"pot": await brew()}
