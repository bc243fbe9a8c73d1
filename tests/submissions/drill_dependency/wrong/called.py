# fails: test_currency
# kind: wrong-body
# says: does not come through Depends(get_settings)
from fastapi import FastAPI
from settings import get_settings

app = FastAPI()


@app.get("/currency")
def read_currency():
    return {"currency": get_settings().currency}


@app.get("/prices/{net}")
def read_price(net: int):
    return {"net": net, "gross": net * (100 + get_settings().vat_percent) // 100}
