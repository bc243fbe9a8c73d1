# A loop without an end, before there is an app.
# problem: hung
# says: was still running while main.py was being imported or started

from fastapi import FastAPI
from given import router

app = FastAPI()
app.include_router(router)

while True:
    pass
