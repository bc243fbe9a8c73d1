# fails: test_no_start_with_a_short_secret
# kind: wrong-body
# says: SECRET_KEY has 31 characters
# over: solution
import os

from database import DatabaseGone, ping
from fastapi import FastAPI, HTTPException
from shop import router

SECRET_KEY = os.environ["SECRET_KEY"]
if not SECRET_KEY:
    raise RuntimeError("SECRET_KEY is empty")

app = FastAPI()
app.include_router(router)


@app.get("/health/live")
async def live():
    return {"status": "live"}


@app.get("/health/ready")
async def ready():
    try:
        await ping()
    except DatabaseGone as error:
        raise HTTPException(status_code=503) from error
    return {"status": "ready"}
