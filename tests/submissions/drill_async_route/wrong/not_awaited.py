# fails: test_a_pot
# kind: server-error
# says: await
from fastapi import FastAPI
from tea import brew

app = FastAPI()


@app.get("/tea")
async def read_tea():
    return {"pot": brew()}
