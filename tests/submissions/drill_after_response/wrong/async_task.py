# fails: test_the_loop_is_free
# kind: wrong-body
# says: called on the event loop
import bell
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


async def ring_for(name: str):
    bell.ring(name)


@app.post("/visitors", status_code=202)
async def announce(name: str, tasks: BackgroundTasks):
    tasks.add_task(ring_for, name)
    return {"name": name}
