# fails: test_nothing_else
# kind: wrong-status
# says: There is no page /About
from fastapi import FastAPI, HTTPException

app = FastAPI()
pages = {"": "Home", "about": "About"}


@app.get("/")
@app.get("/{page}")
def read_page(page: str = ""):
    if page.lower() not in pages:
        raise HTTPException(404, "No such page")
    return {"page": pages[page.lower()]}
