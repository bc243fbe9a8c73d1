# fails: test_on_the_loop_and_not_blocking_it
# kind: wrong-body
# says: time.sleep() was called on the event loop
import time

from fastapi import FastAPI
from tea import brew

app = FastAPI()


@app.get("/tea")
async def read_tea():
    pot = await brew()
    time.sleep(0.01)  # let it cool down
    return {"pot": pot}
