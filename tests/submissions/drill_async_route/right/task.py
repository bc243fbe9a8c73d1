# A task that is awaited, and a router.
import asyncio

import tea
from fastapi import APIRouter, FastAPI

router = APIRouter(prefix="/tea")


@router.get("")
async def read_tea():
    pot = asyncio.create_task(tea.brew())
    return {"pot": await pot}


app = FastAPI()
app.include_router(router)
