# fails: test_the_new_address_answers
# kind: route-missing
# says: No route answers GET /guide
from fastapi import FastAPI
from fastapi.responses import RedirectResponse

app = FastAPI()


@app.get("/help/{topic}")
def read_topic(topic: str):
    return RedirectResponse(f"/guide/{topic}", 308)
