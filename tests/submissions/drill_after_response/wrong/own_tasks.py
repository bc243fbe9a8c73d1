# fails: test_the_bell_rings
# kind: wrong-body
# says: and no others
from bell import ring
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


@app.post("/visitors", status_code=202)
def announce(name: str):
    tasks = BackgroundTasks()
    tasks.add_task(ring, name)
    return {"name": name}
