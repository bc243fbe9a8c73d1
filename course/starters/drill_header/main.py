from fastapi import FastAPI

app = FastAPI()


# TODO: read the header X-Nickname, which may be missing.
#   GET /hello  with X-Nickname: Countess  →  200  {"hello": "Countess"}
#   GET /hello                             →  200  {"hello": "stranger"}
@app.get("/hello")
def read_hello():
    return {"hello": "nobody"}
