from typing import Annotated

from fastapi import FastAPI, Header

app = FastAPI()


@app.get("/hello")
def read_hello(x_nickname: Annotated[str, Header()] = "stranger") -> dict[str, str]:
    return {"hello": x_nickname}
