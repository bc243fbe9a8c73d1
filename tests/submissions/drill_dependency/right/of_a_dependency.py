# The VAT is a dependency that depends on the settings.
from fastapi import Depends, FastAPI
from settings import Settings, get_settings

app = FastAPI()


def get_vat(settings: Settings = Depends(get_settings)) -> int:
    return settings.vat_percent


@app.get("/currency")
async def read_currency(settings: Settings = Depends(get_settings)):
    return {"currency": settings.currency}


@app.get("/prices/{net}")
async def read_price(net: int, vat: int = Depends(get_vat)):
    return {"net": net, "gross": net * (100 + vat) // 100}
