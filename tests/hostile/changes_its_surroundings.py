# Other settings, another folder, another user's rights.
# checks: wrong-body pass pass

import os
import tempfile
from pathlib import Path

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)

os.environ.clear()
os.environ["PYTEST_ADDOPTS"] = "--collect-only"
gone = tempfile.mkdtemp()
os.chdir(gone)
Path(gone).rmdir()
os.umask(0o777)


@app.get("/")
def read_root():
    return {"hello": "nobody"}
