# A StrEnum.
from enum import StrEnum, auto

from fastapi import FastAPI

app = FastAPI()


class Size(StrEnum):
    small = auto()
    medium = auto()
    large = auto()


@app.get("/sizes/{size}")
async def read_size(size: Size):
    return {"size": size, "ml": {Size.small: 200, Size.medium: 300, Size.large: 400}[size]}
