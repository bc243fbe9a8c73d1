# fails: test_live
# kind: wrong-status
# says: Whoever watches it will start it again, and again: that does not bring the database back
# over: solution
from typing import Annotated

from database import DatabaseGone, ping
from fastapi import FastAPI, HTTPException
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from shop import router


class Settings(BaseSettings):
    # An error must not show the secret that it complains about.
    model_config = SettingsConfigDict(hide_input_in_errors=True)

    secret_key: Annotated[str, Field(min_length=32)]


settings = Settings()  # type: ignore[call-arg]

app = FastAPI(title="Corner Shop API")
app.include_router(router)


@app.get("/health/live")
async def live() -> dict[str, str]:
    return await ready()


@app.get("/health/ready")
async def ready() -> dict[str, str]:
    try:
        await ping()
    except DatabaseGone:
        raise HTTPException(503, "The database does not answer") from None
    return {"status": "ready"}
