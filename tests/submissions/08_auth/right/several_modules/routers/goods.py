from fastapi import APIRouter, Depends, HTTPException
from security import admin
from store import NewProduct, Product, products

router = APIRouter(prefix="/products", tags=["goods"])
only_admins = [Depends(admin)]


@router.get("")
async def window() -> list[Product]:
    return [*products.values()]


@router.post("", status_code=201, dependencies=only_admins)
async def sell(new: NewProduct) -> Product:
    number = max(products, default=0) + 1
    return products.setdefault(number, Product(id=number, **dict(new)))


@router.delete("/{number}", status_code=204, dependencies=only_admins)
async def discard(number: int) -> None:
    if products.pop(number, None) is None:
        raise HTTPException(404)
