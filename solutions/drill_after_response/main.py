from bell import ring
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


@app.post("/visitors", status_code=202)
def announce(name: str, tasks: BackgroundTasks) -> dict[str, str]:
    tasks.add_task(ring, name)
    return {"name": name}
