# A function makes the six operations for any resource.
from collections.abc import Callable
from itertools import count
from typing import Annotated, Any

from fastapi import APIRouter, Body, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from shop import Product, ProductIn, products


def crud(
    path: str,
    store: dict[int, Any],
    body_model: type[BaseModel],
    model: type[BaseModel],
    key: Callable[[Any], object],
) -> APIRouter:
    router = APIRouter(prefix=path)
    ids = count(max(store, default=0) + 1)

    def get(id: int) -> Any:
        try:
            return store[id]
        except KeyError as error:
            raise HTTPException(404, f"no {path} {id}") from error

    def put(one: Any) -> Any:
        if any(key(other) == key(one) for id, other in store.items() if id != one.id):
            raise HTTPException(409, "not unique")
        store[one.id] = one
        return one

    @router.get("/", response_model=list[model])
    def read_all() -> Any:
        return store.values()

    @router.get("/{id}", response_model=model)
    def read(id: int) -> Any:
        return get(id)

    @router.post("/", response_model=model, status_code=201)
    def create(new: body_model, request: Request, response: Response) -> Any:
        one = put(model(id=next(ids), **new.model_dump()))
        response.headers["Location"] = f"{request.base_url}{path.strip('/')}/{one.id}"
        return one

    @router.put("/{id}", response_model=model)
    def replace(id: int, new: body_model) -> Any:
        return put(model(id=get(id).id, **new.model_dump()))

    @router.patch("/{id}", response_model=model)
    def change(id: int, changes: Annotated[dict[str, Any], Body()]) -> Any:
        old = get(id).model_dump(exclude={"id"})
        try:
            new = body_model.model_validate(old | changes)
        except ValidationError as error:
            raise RequestValidationError(error.errors()) from error
        return put(model(id=id, **new.model_dump()))

    @router.delete("/{id}", status_code=204)
    def delete(id: int) -> None:
        get(id)
        del store[id]

    return router


app = FastAPI()
app.include_router(crud("/products", products, ProductIn, Product, lambda p: p.sku))
