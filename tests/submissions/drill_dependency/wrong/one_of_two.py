# fails: test_price
# kind: wrong-body
# says: the VAT is
from typing import Annotated

from fastapi import Depends, FastAPI
from settings import Settings, get_settings

app = FastAPI()
VAT = get_settings().vat_percent


@app.get("/currency")
def read_currency(settings: Annotated[Settings, Depends(get_settings)]):
    return {"currency": settings.currency}


@app.get("/prices/{net}")
def read_price(net: int):
    return {"net": net, "gross": net * (100 + VAT) // 100}
