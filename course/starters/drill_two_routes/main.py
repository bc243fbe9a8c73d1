from fastapi import FastAPI

app = FastAPI()

# TODO 1: GET /       →  200  {"page": "Home"}
# TODO 2: GET /about  →  200  {"page": "About"}
