# Folders in folders, deeper than a path can say.

import os
from pathlib import Path

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)

for _ in range(1100):
    Path("deeper").mkdir()
    os.chdir("deeper")


@app.get("/")
def read_root():
    return {"hello": "nobody"}
