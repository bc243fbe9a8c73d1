# fails: test_after_the_response
# kind: wrong-body
# says: the client had to wait
from bell import ring
from fastapi import FastAPI

app = FastAPI()


@app.post("/visitors", status_code=202)
def announce(name: str):
    ring(name)
    return {"name": name}
