import secrets
from contextlib import closing
from datetime import datetime, timezone
from functools import cache
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Query, status
from pydantic import BaseModel
from pydantic_settings import BaseSettings, SettingsConfigDict
from store import Product, Repo


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="shop_", env_file=".env", extra="ignore")

    api_key: str | None = None
    page_max: int = 50


@cache
def get_settings() -> Settings:
    return Settings()


async def get_repo():
    with closing(Repo.open()) as repo:
        yield repo


def get_now() -> datetime:
    return datetime.now(tz=timezone.utc)


SettingsDep = Annotated[Settings, Depends(get_settings)]
RepoDep = Annotated[Repo, Depends(get_repo)]
NowDep = Annotated[datetime, Depends(get_now)]


def require_api_key(
    settings: SettingsDep, key: Annotated[str, Header(alias="X-API-Key")] = ""
) -> str:
    configured = settings.api_key or ""
    right = secrets.compare_digest(key.encode(), configured.encode())
    if not (configured and right):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "key")
    return key


class Paging(BaseModel):
    limit: int
    offset: int


def paging(
    settings: SettingsDep,
    limit: Annotated[int | None, Query(ge=1)] = None,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Paging:
    highest = settings.page_max
    if limit and limit > highest:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, {"limit": f"max {highest}"})
    return Paging(limit=limit or min(highest, 20), offset=offset)


def product_or_404(product_id: int, repo: RepoDep) -> Product:
    product = repo.get(product_id)
    if product is None:
        raise HTTPException(404)
    return product
