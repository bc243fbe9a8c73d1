"""Provided: what the environment says. Use it, there is nothing to change here."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    # An error must not show the secret that it complains about.
    model_config = SettingsConfigDict(hide_input_in_errors=True)

    secret_key: Annotated[str, Field(min_length=32)]  # SECRET_KEY: signs the tokens
    access_token_ttl: Annotated[int, Field(gt=0)] = 900  # ACCESS_TOKEN_TTL: seconds


settings = Settings()  # type: ignore[call-arg]
"""Read at the import: without a SECRET_KEY of at least 32 characters, the app does not start."""
