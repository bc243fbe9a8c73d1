# fails: test_patch_changes_only_what_is_sent
# kind: wrong-body
# says: Store what the model gives back
from fastapi import Body, FastAPI, HTTPException, Path, Request, Response, status
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from shop import Product, ProductIn, products

app = FastAPI(title="Shop")
last_id = max(products)


def unique(sku, me=None):
    for p in products.values():
        if p.id != me and p.sku == sku:
            raise HTTPException(status.HTTP_409_CONFLICT, "sku taken")


@app.get("/products", response_model=list[Product])
async def products_list():
    return [products[key] for key in sorted(products)]


@app.get("/products/{pid}", response_model=Product, name="one")
async def one(pid: int = Path(ge=1)):
    try:
        return products[pid]
    except KeyError:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "not found") from None


@app.post("/products")
async def add(request: Request, item: ProductIn = Body()):
    global last_id
    last_id += 1
    unique(item.sku)
    product = products[last_id] = Product(id=last_id, **dict(item))
    return JSONResponse(
        jsonable_encoder(product),
        status_code=201,
        headers={"location": str(request.url_for("one", pid=last_id))},
    )


@app.put("/products/{pid}", response_model=Product)
async def put(pid: int = Path(ge=1), item: ProductIn = Body()):
    unique(item.sku, pid)
    await one(pid)
    products[pid] = Product(id=pid, **dict(item))
    return products[pid]


@app.patch("/products/{pid}", response_model=Product)
async def patch(pid: int = Path(ge=1), fields: dict = Body()):
    old = (await one(pid)).model_dump(exclude={"id"})
    try:
        new = ProductIn(**{**old, **fields})
    except ValidationError as e:
        raise HTTPException(422, [error["msg"] for error in e.errors()]) from None
    unique(new.sku, pid)
    products[pid] = products[pid].model_copy(update=fields)
    return products[pid]


@app.delete("/products/{pid}")
async def delete(pid: int = Path(ge=1)):
    await one(pid)
    products.pop(pid)
    return Response(status_code=status.HTTP_204_NO_CONTENT)
