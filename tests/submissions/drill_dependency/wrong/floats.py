# fails: test_price
# kind: wrong-body
# says: exactly
from typing import Annotated

from fastapi import Depends, FastAPI
from settings import Settings, get_settings

app = FastAPI()


@app.get("/currency")
def read_currency(settings: Annotated[Settings, Depends(get_settings)]):
    return {"currency": settings.currency}


@app.get("/prices/{net}")
def read_price(net: int, settings: Annotated[Settings, Depends(get_settings)]):
    return {"net": net, "gross": net * (1 + settings.vat_percent / 100)}
