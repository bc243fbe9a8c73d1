# fails: load
# kind: no-app
# says: app is the class FastAPI itself
from fastapi import FastAPI

app = FastAPI
