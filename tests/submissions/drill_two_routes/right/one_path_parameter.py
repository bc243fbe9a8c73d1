# One function for both paths, which knows of no other.

from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse

app = FastAPI()
PAGES = {"": "Home", "about": "About"}


@app.get("/{page}")
@app.get("/")
def read(page: str = ""):
    if page not in PAGES:
        raise HTTPException(404)
    return JSONResponse({"page": PAGES[page]})
