from typing import Literal

from fastapi import FastAPI

app = FastAPI()
millilitres = {"small": 200, "medium": 300, "large": 400}


@app.get("/sizes/{size}")
def read_size(size: Literal["small", "medium", "large"]) -> dict[str, str | int]:
    return {"size": size, "ml": millilitres[size]}
