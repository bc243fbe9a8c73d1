from fastapi import Depends, FastAPI
from settings import get_settings

app = FastAPI()


# TODO: depend on get_settings, in both functions, so that a test can put others in their place.
#   GET /currency     →  200  {"currency": "EUR"}
#   GET /prices/1000  →  200  {"net": 1000, "gross": 1200}
@app.get("/currency")
def read_currency():
    return {"currency": get_settings().currency}
