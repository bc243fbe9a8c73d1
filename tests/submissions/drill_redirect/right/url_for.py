# An absolute address, made of the route's name.
from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.get("/guide/{topic}")
def read_topic(topic: str):
    return {"topic": topic}


@app.get("/help/{topic}")
def read_old_topic(topic: str, request: Request):
    address = str(request.url_for("read_topic", topic=topic))
    return Response(status_code=308, headers={"Location": address})
