# 100 MB of output.
# checks: wrong-body|hung pass pass

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    for _ in range(100):
        print("x" * 1_000_000)
    return {"hello": "nobody"}
