# fails: test_a_sku_is_taken_while_a_product_has_it
# kind: wrong-status
# says: What is remembered of it beside the products was not taken out when the product got another sku or was deleted, so the shop can never use it again
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError, create_model
from shop import Product, ProductIn, products


class NotThere(Exception):
    pass


class Taken(Exception):
    pass


class Repository:
    def __init__(self, rows: dict[int, Product]) -> None:
        self._rows = dict(rows)
        self._highest = max(rows)
        self._ids_by_sku = {row.sku: row.id for row in rows.values()}

    def all(self) -> list[Product]:
        return sorted(self._rows.values(), key=lambda row: row.id)

    def get(self, id: int) -> Product:
        if row := self._rows.get(id):
            return row
        raise NotThere(id)

    def save(self, row: Product) -> Product:
        if self._ids_by_sku.get(row.sku, row.id) != row.id:
            raise Taken(row.sku)
        if row.id in self._rows:
            del self._ids_by_sku[self._rows[row.id].sku]
        self._ids_by_sku[row.sku] = row.id
        self._rows[row.id] = row
        return row

    def add(self, new: ProductIn) -> Product:
        row = self.save(Product(id=self._highest + 1, **new.model_dump()))
        self._highest = row.id
        return row

    def remove(self, id: int) -> None:
        self.get(id)
        del self._rows[id]


repository = Repository(products)
Repo = Annotated[Repository, Depends(lambda: repository)]

app = FastAPI(title="Corner Shop API")


@app.exception_handler(NotThere)
def not_there(request: Request, error: NotThere) -> JSONResponse:
    return JSONResponse({"error": "not found"}, 404)


@app.exception_handler(Taken)
def taken(request: Request, error: Taken) -> JSONResponse:
    return JSONResponse({"error": "sku taken"}, 409)


@app.exception_handler(ValidationError)
def invalid(request: Request, error: ValidationError) -> JSONResponse:
    return JSONResponse({"errors": error.error_count()}, 422)


# The fields of ProductIn with their types, each optional.
ProductPatch = create_model(
    "ProductPatch",
    __config__=ProductIn.model_config,
    **{name: (field.annotation, None) for name, field in ProductIn.model_fields.items()},
)


def existing(product_id: int, repo: Repo) -> Product:
    return repo.get(product_id)


Existing = Annotated[Product, Depends(existing)]


@app.get("/products")
def list_products(repo: Repo) -> list[Product]:
    return repo.all()


@app.get("/products/{product_id}")
def read_product(product: Existing) -> Product:
    return product


@app.post("/products", status_code=201)
def create_product(new: ProductIn, repo: Repo, response: Response) -> Product:
    product = repo.add(new)
    response.headers["Location"] = app.url_path_for("read_product", product_id=product.id)
    return product


@app.put("/products/{product_id}")
def replace_product(product: Existing, new: ProductIn, repo: Repo) -> Product:
    return repo.save(Product(id=product.id, **new.model_dump()))


@app.patch("/products/{product_id}")
def change_product(product: Existing, patch: ProductPatch, repo: Repo) -> Product:
    merged = product.model_dump(exclude={"id"}) | patch.model_dump(exclude_unset=True)
    return repo.save(Product(id=product.id, **ProductIn(**merged).model_dump()))


@app.delete("/products/{product_id}", status_code=204)
def delete_product(product: Existing, repo: Repo) -> None:
    repo.remove(product.id)
