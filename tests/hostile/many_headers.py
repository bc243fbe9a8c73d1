# More headers than any client would read.
# checks: wrong-body pass pass

from fastapi import FastAPI, Response
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root(response: Response):
    response.raw_headers += [(b"x-%d" % number, b"x" * 200) for number in range(20_000)]
    return {"hello": "nobody"}
