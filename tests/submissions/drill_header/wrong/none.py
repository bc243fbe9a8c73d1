# fails: test_without_the_header
# kind: wrong-body
# says: the stranger
from typing import Annotated

from fastapi import FastAPI, Header

app = FastAPI()


@app.get("/hello")
def read_hello(x_nickname: Annotated[str | None, Header()] = None):
    return {"hello": x_nickname}
