# fails: test_a_size
# kind: server-error
# says: KeyError
from enum import Enum

from fastapi import FastAPI

app = FastAPI()
millilitres = {"small": 200, "medium": 300, "large": 400}


class Size(Enum):
    small = "small"
    medium = "medium"
    large = "large"


@app.get("/sizes/{size}")
def read_size(size: Size):
    return {"size": size, "ml": millilitres[size]}
