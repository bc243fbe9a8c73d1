# The process goes on as another program.
# checks: crashed pass pass
# says: closed files that it had not opened

import os

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    os.execvp("sleep", ["sleep", "60"])
