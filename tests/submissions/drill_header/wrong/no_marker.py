# fails: test_the_header_is_read
# kind: wrong-body
# says: without Header() is looked for in the query string
from fastapi import FastAPI

app = FastAPI()


@app.get("/hello")
def read_hello(x_nickname: str = "stranger"):
    return {"hello": x_nickname}
