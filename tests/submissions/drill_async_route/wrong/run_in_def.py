# fails: test_on_the_loop_and_not_blocking_it
# kind: wrong-body
# says: an event loop of its own
# terminal: needs threads
import asyncio

from fastapi import FastAPI
from tea import brew

app = FastAPI()


@app.get("/tea")
def read_tea():
    return {"pot": asyncio.run(brew())}
