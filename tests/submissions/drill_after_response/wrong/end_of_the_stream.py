# fails: test_after_the_response
# kind: wrong-body
# says: before its body was complete
import json

from bell import ring
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.post("/visitors")
def announce(name: str):
    def body():
        yield json.dumps({"name": name})
        ring(name)

    return StreamingResponse(body(), 202, media_type="application/json")
