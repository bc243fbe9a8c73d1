# The redirect is raised, with the path of the other function.
from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/guide/{topic}")
def read_topic(topic: str) -> dict[str, str]:
    return {"topic": topic}


@app.get("/help/{topic}")
def read_old_topic(topic: str):
    location = app.url_path_for("read_topic", topic=topic)
    raise HTTPException(308, headers={"Location": str(location)})
