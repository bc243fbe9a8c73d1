from bell import ring
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


# TODO: answer at once, and ring the bell after the response.
#   POST /visitors?name=Ada  →  202  {"name": "Ada"}
#   then ring("Ada")
@app.post("/visitors")
def announce(name: str):
    return {"name": name}
