# Prints what it does, as learners do.

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)

print("ready")


@app.get("/")
def read_root():
    print("GET /")
    return {"hello": "world"}
