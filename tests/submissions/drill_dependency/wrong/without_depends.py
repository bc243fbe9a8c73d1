# fails: test_currency
# kind: wrong-body
# says: does not come through Depends(get_settings)
from fastapi import FastAPI
from settings import Settings, get_settings

app = FastAPI()


@app.get("/currency")
def read_currency(settings: Settings = get_settings()):
    return {"currency": settings.currency}


@app.get("/prices/{net}")
def read_price(net: int, settings: Settings = get_settings()):
    return {"net": net, "gross": net * (100 + settings.vat_percent) // 100}
