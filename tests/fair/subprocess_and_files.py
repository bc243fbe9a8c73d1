# Asks another program, and writes files.

import subprocess
import sys
import tempfile
from pathlib import Path

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("x")
    Path("visits.txt").write_text("1")
    command = [sys.executable, "-c", "print('world')"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {"hello": done.stdout.strip()}
