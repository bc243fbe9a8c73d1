# fails: test_ready
# kind: server-error
# says: DatabaseGone
# over: solution
from typing import Annotated

from database import ping
from fastapi import FastAPI
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
def live() -> dict[str, str]:
    return {"status": "live"}


@app.get("/health/ready")
async def ready() -> dict[str, str]:
    await ping()
    return {"status": "ready"}
