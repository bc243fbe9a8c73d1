# A route class adds the headers, a response class leaves nothing to a model, ids are made by hand.
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from auth import CurrentUser, require_admin
from catalog import UnknownProduct, catalog
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from routers import login

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]


def cents_of(text: str) -> int:
    euros, point, cents = text.partition(".")
    if not (text.isascii() and euros.isdigit() and cents.isdigit() and len(cents) == 2):
        raise ValueError("A price is like 12.50")
    return int(euros + cents)


class V1In(BaseModel):
    name: Name
    cents: Annotated[str, AfterValidator(cents_of), Field(alias="price")]


class V2In(BaseModel, extra="forbid"):
    name: Name
    price_cents: Annotated[int, Field(ge=0)]
    currency: Literal["EUR"] = "EUR"


class Ending(APIRoute):
    def get_route_handler(self):
        handle = super().get_route_handler()

        async def with_headers(request: Request) -> Response:
            response = await handle(request)
            response.headers["Deprecation"] = "@1767225600"
            response.headers["Sunset"] = "Fri, 31 Dec 2027 23:59:59 GMT"
            return response

        return with_headers


def v1_form(product):
    text = str(product.price_cents).rjust(3, "0")
    return {"id": product.id, "name": product.name, "price": text[:-2] + "." + text[-2:]}


def v2_form(product):
    return product.model_dump()


def unique(route: APIRoute) -> str:
    return f"{route.name}{route.path_format}".replace("/", "_").strip("_")


def add(version: APIRouter, form, body) -> None:
    name = version.prefix[-2:]

    @version.get("/users/me", name=f"me_{name}")
    def me(user: CurrentUser):
        return JSONResponse(user.model_dump(include={"id", "username", "role"}))

    @version.get("/products", name=f"all_{name}")
    def everything():
        return JSONResponse([form(product) for product in catalog.all()])

    @version.get("/products/{product_id:int}", name=f"one_{name}")
    def one(product_id: int):
        return JSONResponse(form(catalog.get(product_id)))

    @version.post("/products", name=f"new_{name}", dependencies=[Depends(require_admin)])
    def new(draft: body):
        cents = getattr(draft, "cents", None)
        product = catalog.add(draft.name, draft.price_cents if cents is None else cents)
        return JSONResponse(form(product), 201)

    @version.delete(
        "/products/{product_id:int}", name=f"gone_{name}", dependencies=[Depends(require_admin)]
    )
    def gone(product_id: int):
        catalog.remove(product_id)
        return Response(status_code=204)


@asynccontextmanager
async def lifespan(app: FastAPI):
    catalog.open()
    yield
    catalog.close()


def create_app() -> FastAPI:
    app = FastAPI(lifespan=lifespan, generate_unique_id_function=unique)
    v1 = APIRouter(prefix="/api/v1", route_class=Ending, deprecated=True)
    v2 = APIRouter(prefix="/api/v2")
    add(v1, v1_form, V1In)
    add(v2, v2_form, V2In)
    for router in (v2, v1, login.router):
        app.include_router(router)
    app.add_exception_handler(UnknownProduct, lambda request, error: Response(status_code=404))
    app.get("/health")(lambda: {"status": "ok"})
    return app


app = create_app()
