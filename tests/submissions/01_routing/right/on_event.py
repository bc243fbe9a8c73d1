# on_event("startup"), which is deprecated and works, with a global name.
from catalog import read_catalog
from fastapi import FastAPI, HTTPException, Path

app = FastAPI(title="Corner Shop API", version="1.0.0")
products = []


@app.on_event("startup")
def load():
    global products
    products = read_catalog()


@app.get("/")
def read_root():
    return dict(name="Corner Shop API", docs="/docs")


@app.get("/health")
def read_health():
    return dict(status="ok", products=len(products))


@app.get("/products")
def list_products():
    return products


@app.get("/products/featured")
def list_featured():
    result = []
    for product in products:
        if product["featured"] is True:
            result.append(product)
    return result


@app.get("/products/{product_id}")
def read_product(product_id: int = Path(..., ge=1)):
    for product in products:
        if product["id"] == product_id:
            return product
    raise HTTPException(404)


@app.get("/categories/{category}")
def list_category(category: str = Path(pattern="^(kitchen|office|garden)$")):
    return [product for product in products if product["category"] == category]
