# Reads memory that is not there.
# checks: crashed pass pass
# says: Line 16 ended the whole Python process (the process was ended by SIGSEGV)

import ctypes

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    ctypes.string_at(0)
