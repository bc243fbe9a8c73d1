# fails: test_no_start_without_a_secret
# kind: wrong-body
# says: SECRET_KEY is not set, and the app has started, with a secret that everyone can read in the source
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

    secret_key: Annotated[str, Field(min_length=32)] = "only-for-trying-things-out-at-home"


settings = Settings()  # type: ignore[call-arg]

app = FastAPI(title="Corner Shop API")
app.include_router(router)


@app.get("/health/live")
def live() -> dict[str, str]:
    return {"status": "live"}


@app.get("/health/ready")
async def ready() -> dict[str, str]:
    try:
        await ping()
    except DatabaseGone:
        raise HTTPException(503, "The database does not answer") from None
    return {"status": "ready"}
