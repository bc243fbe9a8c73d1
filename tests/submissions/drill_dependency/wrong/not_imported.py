# fails: test_currency
# kind: seam-missing
# says: get_settings
from typing import Annotated

import settings
from fastapi import Depends, FastAPI

app = FastAPI()
Shop = Annotated[settings.Settings, Depends(settings.Settings)]


@app.get("/currency")
def read_currency(shop: Shop):
    return {"currency": shop.currency}


@app.get("/prices/{net}")
def read_price(net: int, shop: Shop):
    return {"net": net, "gross": net * (100 + shop.vat_percent) // 100}
