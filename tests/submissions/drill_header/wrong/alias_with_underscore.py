# fails: test_the_header_is_read
# kind: wrong-body
# says: another name in another header
from typing import Annotated

from fastapi import FastAPI, Header

app = FastAPI()


@app.get("/hello")
def read_hello(name: Annotated[str, Header(alias="x_nickname")] = "stranger"):
    return {"hello": name}
