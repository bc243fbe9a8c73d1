# Query() with an alias, and None for what was not sent.
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()


@app.get("/greet")
async def greet(who: Annotated[str | None, Query(alias="name")] = None):
    return {"message": f"Hello {'Guest' if who is None else who}"}
