from typing import Annotated

from fastapi import Depends, FastAPI
from settings import Settings, get_settings

app = FastAPI()

SettingsDep = Annotated[Settings, Depends(get_settings)]


@app.get("/currency")
def read_currency(settings: SettingsDep) -> dict[str, str]:
    return {"currency": settings.currency}


@app.get("/prices/{net}")
def read_price(net: int, settings: SettingsDep) -> dict[str, int]:
    return {"net": net, "gross": net + net * settings.vat_percent // 100}
