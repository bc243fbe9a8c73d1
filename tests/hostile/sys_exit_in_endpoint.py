# SystemExit is no Exception: most handlers let it pass.
# checks: server-error pass pass
# says: raised SystemExit, which ends the whole server

import sys

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
async def read_root():
    sys.exit(0)
