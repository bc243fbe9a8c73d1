# Starts the server when it is imported.
# problem: hung
# says: put the call under if __name__ == "__main__"

import uvicorn
from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)

uvicorn.run(app, port=0)
