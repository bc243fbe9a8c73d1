# Ends its process with the status of success, in the middle of a request.
# checks: crashed pass pass
# says: ended the whole Python process (the process ended with status 0)

import os

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    os._exit(0)
