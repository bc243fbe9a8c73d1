# fails: test_without_the_header
# kind: validation
# says: x-nickname
from typing import Annotated

from fastapi import FastAPI, Header

app = FastAPI()


@app.get("/hello")
def read_hello(x_nickname: Annotated[str, Header()]):
    return {"hello": x_nickname}
