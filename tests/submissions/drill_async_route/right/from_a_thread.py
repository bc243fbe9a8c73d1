# A plain def, which awaits on the app's event loop from its thread.
# terminal: needs threads
from anyio import from_thread
from fastapi import FastAPI
from tea import brew

app = FastAPI()


@app.get("/tea")
def read_tea():
    return {"pot": from_thread.run(brew)}
