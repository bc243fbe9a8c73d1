import asyncio

from fastapi import APIRouter, Response
from hall import engine

router = APIRouter(prefix="/health")


async def ask() -> None:
    async with engine.connect() as connection:
        await connection.exec_driver_sql("SELECT count(*) FROM queues")


@router.get("/live")
def live() -> str:
    return "alive"


@router.get("/ready")
async def ready(response: Response) -> str:
    try:
        await asyncio.wait_for(ask(), 1)
    except Exception as error:
        response.status_code = 503
        return type(error).__name__
    return "ready"
