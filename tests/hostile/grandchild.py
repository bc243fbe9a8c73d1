# Leaves a process behind that belongs to another session.
# checks: wrong-body pass pass

import subprocess

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)

subprocess.Popen(["sleep", "60"], start_new_session=True)


@app.get("/")
def read_root():
    return {"hello": "nobody"}
