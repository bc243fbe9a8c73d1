import json

import pytest

from course.harness import hints, needs, section


@pytest.fixture
def catalog(folder):
    """The products that the lesson provides, in the order of catalog.json."""
    return json.loads((folder / "catalog.json").read_text("utf-8"))


@section("the-app-object")
@hints(
    "FastAPI() takes keyword arguments that describe the API.",
    'app = FastAPI(title="Corner Shop API", version="1.0.0")',
)
def test_the_api_has_a_title_and_a_version(api):
    """GET /openapi.json names the API and its version."""
    response = api.get("/openapi.json")
    assert response.status_code == 200
    assert response.json()["info"]["title"] == "Corner Shop API"
    assert response.json()["info"]["version"] == "1.0.0"


@section("a-path-operation")
@hints(
    "A function that returns a dict, under @app.get(\"/\").",
    'return {"name": "Corner Shop API", "docs": "/docs"}',
)
def test_the_root_points_to_the_docs(api):
    """GET / names the shop and points to the docs."""
    response = api.get("/")
    assert response.status_code == 200
    assert response.json() == {"name": "Corner Shop API", "docs": "/docs"}


@section("reading-the-catalogue")
@hints(
    "catalog.py gives you read_catalog(). The number is the length of that list.",
    'return {"status": "ok", "products": len(products)}',
)
def test_health_counts_the_products(api, catalog):
    """GET /health says ok and counts the products."""
    response = api.get("/health")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "products": len(catalog)}


@section("reading-the-catalogue")
@hints("Return the products as a list: FastAPI makes JSON of it.")
def test_products_lists_the_catalogue(api, catalog):
    """GET /products lists the whole catalogue."""
    response = api.get("/products")
    assert response.status_code == 200
    assert response.json() == catalog


@section("path-parameters")
@hints(
    "A part of the path in braces becomes a parameter of the function, with the same name.",
    '@app.get("/products/{product_id}") and def read_product(product_id: int)',
)
def test_a_product_is_found_by_its_id(api, catalog):
    """GET /products/{product_id} returns that product."""
    for product in catalog:
        response = api.get(f"/products/{product['id']}")
        assert response.status_code == 200
        assert response.json() == product


@section("path-parameters")
@needs("test_a_product_is_found_by_its_id")
@hints(
    "A return always answers 200. To answer something else, raise.",
    'raise HTTPException(404, "No such product")',
)
def test_an_unknown_id_is_404(api, catalog):
    """GET /products/{product_id} is 404 when there is no such product."""
    ids = {product["id"] for product in catalog}
    for unknown in sorted({3, 6, max(ids) + 1, 10_000} - ids):
        response = api.get(f"/products/{unknown}")
        assert response.status_code == 404


@section("path-parameters")
@needs("test_a_product_is_found_by_its_id")
@hints(
    "The type in the signature decides what is accepted: product_id: int.",
    "For the bound, product_id: Annotated[int, Path(ge=1)].",
)
def test_an_id_that_cannot_be_one_is_422(api):
    """GET /products/{product_id} is 422 for anything but a whole number from 1."""
    for wrong in ("abc", "1.5", "0", "-1"):
        response = api.get(f"/products/{wrong}")
        assert response.status_code == 422, (
            f"{wrong} can never be the id of a product. Say so in the signature, and FastAPI "
            "answers 422 before the function runs."
        )


@section("order")
@needs("test_products_lists_the_catalogue")
@hints(
    "FastAPI tries the routes in the order in which they are declared.",
    "Move the function for /products/featured above the one for /products/{product_id}.",
)
def test_featured_comes_before_the_id_route(api, catalog):
    """GET /products/featured lists the featured products."""
    response = api.get("/products/featured")
    assert response.status_code == 200
    assert response.json() == [product for product in catalog if product["featured"]]


@section("a-choice-of-values")
@hints(
    "The category is a path parameter too.",
    '@app.get("/categories/{category}"), and return the products of that category.',
)
def test_a_category_lists_its_products(api, catalog):
    """GET /categories/{category} lists the products of a category."""
    for category in ("kitchen", "office", "garden"):
        response = api.get(f"/categories/{category}")
        assert response.status_code == 200
        assert response.json() == [p for p in catalog if p["category"] == category]


@section("a-choice-of-values")
@needs("test_a_category_lists_its_products")
@hints(
    "As a type, str accepts every text. There is a type for a fixed choice.",
    "class Category(StrEnum) with three members, or Literal[\"kitchen\", \"office\", \"garden\"].",
)
def test_an_unknown_category_is_422(api):
    """GET /categories/{category} is 422 for any other category."""
    for unknown in ("cellar", "Kitchen"):
        response = api.get(f"/categories/{unknown}")
        assert response.status_code == 422, (
            f'The shop has no category "{unknown}". A type that names the three categories '
            "makes FastAPI answer 422 by itself."
        )


@section("a-path-operation")
@needs("test_a_product_is_found_by_its_id", "test_products_lists_the_catalogue")
@hints("One function answers one method: @app.get answers GET and nothing else.")
def test_the_catalogue_is_read_only(api, catalog):
    """POST, PUT, PATCH and DELETE are 405: the catalogue is read-only."""
    for path in ("/products", f"/products/{catalog[0]['id']}"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            response = api.request(method, path)
            assert response.status_code == 405, (
                f"This lesson's paths answer GET only, and this one answered {method} too."
            )


@section("lifespan")
@needs("test_products_lists_the_catalogue")
@hints(
    "Code at the top of the file runs when the file is imported, before the app starts.",
    "Read the catalogue in a lifespan function, before its yield, and give it to FastAPI().",
)
def test_the_catalogue_is_read_at_startup(start, folder, catalog, rng):
    """The catalogue is read when the app starts, not when main.py is imported."""
    new = [{**product, "price_cents": rng.randint(100, 9999)} for product in catalog[1:]]
    (folder / "catalog.json").write_text(json.dumps(new), "utf-8")
    with start() as api:
        response = api.get("/products")
    assert response.status_code == 200
    assert response.json() == new, (
        "catalog.json changed after main.py was imported and before the app started, and the "
        "app shows the old catalogue: it was read too early."
    )


@section("lifespan")
@needs("test_products_lists_the_catalogue")
@hints("What the lifespan has read stays in a variable; the endpoints only look at that.")
def test_the_catalogue_is_read_once(start, folder, catalog):
    """The catalogue is read once, not again for each request."""
    with start() as api:
        (folder / "catalog.json").unlink()
        response = api.get("/products")
        assert response.status_code == 200, (
            "catalog.json was taken away after the app had started, and then the list failed: "
            "the file is read again for each request."
        )
        assert response.json() == catalog


@section("lifespan")
@needs("test_health_counts_the_products")
@hints("Replace the old products at startup, or clear them after the yield.")
def test_a_restart_does_not_double_the_catalogue(start, catalog):
    """After a stop and a new start the catalogue is there once."""
    with start() as api:
        api.get("/health")
    with start() as api:
        response = api.get("/health")
    assert response.status_code == 200
    assert response.json()["products"] == len(catalog), (
        "The app was started, stopped and started again. The products of the first start are "
        "still there beside those of the second."
    )
