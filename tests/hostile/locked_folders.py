# Folders that nobody may open.
# checks: wrong-body pass pass

from pathlib import Path

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)

Path("locked/inner").mkdir(parents=True, exist_ok=True)
Path("locked/inner").chmod(0)
Path("locked").chmod(0)


@app.get("/")
def read_root():
    return {"hello": "nobody"}
