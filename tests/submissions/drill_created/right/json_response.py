# JSONResponse with the status, and an embedded body parameter.
from typing import Annotated

from fastapi import Body, FastAPI
from fastapi.responses import JSONResponse

app = FastAPI()
kept = []


@app.post("/messages")
async def create(text: Annotated[str, Body(embed=True, min_length=1, max_length=100)]):
    kept.append(text)
    return JSONResponse({"id": 10 * len(kept), "text": text}, 201)
