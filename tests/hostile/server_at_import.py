# Starts the server when it is imported, in more words.
# problem: hung
# says: put the call under if __name__ == "__main__"

import uvicorn
from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)

server = uvicorn.Server(uvicorn.Config(app, port=0))
server.run()
