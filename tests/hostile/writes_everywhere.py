# Writes wherever a program usually writes.
# checks: wrong-body pass pass

import tempfile
from pathlib import Path

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)

Path("written").write_text("x")
Path(__file__).with_name("written-too").write_text("x")
Path(__file__).write_text("")
(Path.home() / "written").write_text("x")
tempfile.mkdtemp()


@app.get("/")
def read_root():
    return {"hello": "nobody"}
