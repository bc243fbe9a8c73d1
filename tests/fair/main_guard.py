# Starts the server where it may.

import uvicorn
from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)


@app.get("/")
def read_root():
    return {"hello": "world"}


if __name__ == "__main__":
    uvicorn.run(app)
