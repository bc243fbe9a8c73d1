# A plain Enum, of which the value is looked up.
from enum import Enum
from typing import Annotated

from fastapi import FastAPI, Path

app = FastAPI()
millilitres = {"small": 200, "medium": 300, "large": 400}
Size = Enum("Size", {name: name for name in millilitres})


@app.get("/sizes/{size}")
def read_size(size: Annotated[Size, Path()]):
    return {"size": size.value, "ml": millilitres[size.value]}
