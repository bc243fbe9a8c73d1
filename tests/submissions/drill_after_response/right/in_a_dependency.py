# A dependency adds the task, which awaits a thread.
import asyncio
from typing import Annotated

import bell
from fastapi import BackgroundTasks, Depends, FastAPI, status

app = FastAPI()


async def ring_for(name: str):
    await asyncio.to_thread(bell.ring, name)


def announced(name: str, tasks: BackgroundTasks):
    tasks.add_task(ring_for, name=name)
    return name


@app.post("/visitors", status_code=status.HTTP_202_ACCEPTED)
def announce(name: Annotated[str, Depends(announced)]):
    return {"name": name}
