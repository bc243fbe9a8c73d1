# Logs, warns, and changes how both are shown.

import logging
import warnings

from fastapi import FastAPI
from given import router

logging.basicConfig(level=logging.DEBUG, force=True)
warnings.simplefilter("always")
warnings.warn("old", DeprecationWarning, stacklevel=1)
app = FastAPI()
app.include_router(router)


@app.get("/")
async def read_root():
    logging.getLogger(__name__).info("GET /")
    return {"hello": "world"}
