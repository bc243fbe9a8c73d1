from fastapi import FastAPI
from tea import brew

app = FastAPI()


# TODO: answer with the number that brew() returns. While a pot brews, others must be served.
#   GET /tea  →  200  {"pot": 1}
@app.get("/tea")
def read_tea():
    return {"pot": 0}
