from operator import attrgetter

from models import Search
from shop import Product, products


class NoSuchProduct(Exception):
    pass


class Store:
    def __init__(self) -> None:
        self.rows = sorted(products.values(), key=attrgetter("id"))

    def get(self, product_id: int) -> Product:
        return self._one(lambda row: row.id == product_id)

    def by_sku(self, sku: str) -> Product:
        return self._one(lambda row: row.sku == sku)

    def _one(self, fits) -> Product:
        for row in self.rows:
            if fits(row):
                return row
        raise NoSuchProduct

    def search(self, criteria: Search) -> list[Product]:
        found = self.rows
        if criteria.q is not None:
            found = [row for row in found if criteria.q.lower() in row.name.lower()]
        if criteria.category is not None:
            found = [row for row in found if row.category == criteria.category]
        if criteria.min_price is not None:
            found = [row for row in found if row.price_cents >= criteria.min_price]
        if criteria.max_price is not None:
            found = [row for row in found if row.price_cents <= criteria.max_price]
        if criteria.in_stock is not None:
            found = [row for row in found if (row.stock > 0) == criteria.in_stock]
        for tag in criteria.tag:
            found = [row for row in found if tag in row.tags]
        if criteria.sort:
            field = criteria.sort.removeprefix("-").replace("price", "price_cents")
            found = sorted(found, key=attrgetter(field), reverse=criteria.sort.startswith("-"))
        return found
