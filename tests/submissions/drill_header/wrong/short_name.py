# fails: test_the_header_is_read
# kind: wrong-body
# says: another name in another header
from fastapi import FastAPI, Header

app = FastAPI()


@app.get("/hello")
def read_hello(nickname: str = Header("stranger")):
    return {"hello": nickname}
