from enum import StrEnum, auto

from catalog import Product
from fastapi import APIRouter

from .store import store


class Category(StrEnum):
    kitchen = auto()
    office = auto()
    garden = auto()


router = APIRouter(prefix="/categories", tags=["categories"])


@router.get("/{category}")
def list_category(category: Category) -> list[Product]:
    return [product for product in store if product["category"] == category]
