# fails: load
# kind: import
# says: Give Depends the function itself
from fastapi import Depends, FastAPI
from settings import Settings, get_settings

app = FastAPI()


@app.get("/currency")
def read_currency(settings: Settings = Depends(get_settings())):
    return {"currency": settings.currency}


@app.get("/prices/{net}")
def read_price(net: int, settings: Settings = Depends(get_settings())):
    return {"net": net, "gross": net * (100 + settings.vat_percent) // 100}
