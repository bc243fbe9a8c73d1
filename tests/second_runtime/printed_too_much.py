# Only the beginning of a long output is kept.
from fastapi import FastAPI

app = FastAPI()
print("0123456789" * 3_000)
