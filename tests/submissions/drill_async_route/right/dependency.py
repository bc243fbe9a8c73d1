# brew() is a dependency, so FastAPI awaits it.
from typing import Annotated

from fastapi import Depends, FastAPI
from tea import brew

app = FastAPI()


@app.get("/tea")
def read_tea(pot: Annotated[int, Depends(brew)]) -> dict[str, int]:
    return {"pot": pot}
