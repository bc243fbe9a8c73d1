# A class as a dependency, which depends on get_settings.
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI
from settings import Settings, get_settings


class Prices:
    def __init__(self, settings: Annotated[Settings, Depends(get_settings)]) -> None:
        self.settings = settings

    def gross(self, net: int) -> int:
        return net + net * self.settings.vat_percent // 100


router = APIRouter()


@router.get("/currency")
def read_currency(prices: Annotated[Prices, Depends()]):
    return {"currency": prices.settings.currency}


@router.get("/prices/{net}")
def read_price(net: int, prices: Annotated[Prices, Depends()]):
    return {"net": net, "gross": prices.gross(net)}


app = FastAPI()
app.include_router(router)
