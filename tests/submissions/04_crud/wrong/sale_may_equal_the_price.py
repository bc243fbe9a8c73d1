# fails: test_post_refuses_what_breaks_a_rule
# kind: wrong-status
# says: A sale price must be lower
from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from shop import products as provided
from typing_extensions import TypedDict


class Answer(TypedDict):
    id: int
    sku: str
    name: str
    category: str
    price_cents: int
    sale_price_cents: int | None
    tags: list[str]
    description: str | None


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: str = Field(pattern=r"^[A-Z]{3}-\d{4}$")
    name: str
    category: Literal["kitchen", "office", "garden", "bath"]
    price_cents: int = Field(gt=0, le=1_000_000)
    sale_price_cents: int | None = Field(None, gt=0)
    tags: list[Annotated[str, Field()]] = Field(default_factory=list, max_length=10)
    description: str | None = Field(None, max_length=500)

    @field_validator("name")
    @classmethod
    def trim(cls, name: str) -> str:
        name = name.strip()
        if not 0 < len(name) < 81:
            raise ValueError("1 to 80 characters")
        return name

    @model_validator(mode="after")
    def cheaper(self) -> "Body":
        if self.sale_price_cents and self.sale_price_cents > self.price_cents:
            raise ValueError("a sale is cheaper")
        return self


@dataclass
class Shop:
    last: int = max(provided)
    items: dict[int, Body] = field(
        default_factory=lambda: {
            id: Body(**p.model_dump(exclude={"id"})) for id, p in provided.items()
        }
    )


shop = Shop()
app = FastAPI()


def answer(id: int) -> Answer:
    if id not in shop.items:
        raise HTTPException(404)
    return {"id": id, **shop.items[id].model_dump()}


def save(id: int, body: Body) -> Answer:
    if any(body.sku == other.sku and id != key for key, other in shop.items.items()):
        raise HTTPException(409)
    shop.items[id] = body
    return answer(id)


@app.get("/products")
def read_all() -> list[Answer]:
    return [answer(id) for id in shop.items]


@app.get("/products/{id}")
def read(id: int) -> Answer:
    return answer(id)


@app.post("/products", status_code=201)
def create(body: Body, response: Response) -> Answer:
    shop.last += 1
    response.headers["Location"] = f"/products/{shop.last}"
    return save(shop.last, body)


@app.put("/products/{id}")
def replace(id: int, body: Body) -> Answer:
    answer(id)
    return save(id, body)


@app.patch("/products/{id}")
def change(id: int, changes: dict[str, object]) -> Answer:
    answer(id)
    try:
        return save(id, Body.model_validate({**shop.items[id].model_dump(), **changes}))
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None


@app.delete("/products/{id}", status_code=204)
def delete(id: int) -> None:
    answer(id)
    del shop.items[id]
