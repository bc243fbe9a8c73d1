import json

import pytest

from course.harness import hints, needs, one_app, section

pytestmark = one_app

CATEGORIES = ("kitchen", "office", "garden")


@pytest.fixture
def catalog(folder):
    """The products that the lesson provides, in the order of catalog.json."""
    return json.loads((folder / "catalog.json").read_text("utf-8"))


@pytest.fixture
def other(rng):
    """Another catalogue: longer, not in the order of the ids, with awkward names and one category empty."""
    used = rng.sample(CATEGORIES, 2)
    names = ["  Zoë's  LAMP ", "Pot", "pot", "3"]
    return [
        {
            "id": product_id,
            "sku": f"{''.join(rng.choices('ABCXYZ', k=3))}-{product_id:04}",
            "name": rng.choice(names),
            "category": used[place % 2],
            "price_cents": rng.randint(1, 9999),
            "featured": place % 12 == 5,
        }
        for place, product_id in enumerate(
            [*sorted(rng.sample(range(10, 5000), 117)), 5003, 5001, 5002]
        )
    ]


def answers(catalog):
    """What each path that shows the catalogue says about it."""
    return {
        "/products": catalog,
        "/health": {"status": "ok", "products": len(catalog)},
        **{f"/products/{product['id']}": product for product in (catalog[0], catalog[-1])},
        "/products/featured": [p for p in catalog if p["featured"]],
        **{
            f"/categories/{category}": [p for p in catalog if p["category"] == category]
            for category in CATEGORIES
        },
    }


def forms(answer):
    """The types of an answer's values: in Python 1250 == 1250.0 and True == 1, in JSON not."""
    found = {}
    for product in answer if type(answer) is list else [answer]:
        for key, value in product.items():
            found.setdefault(key, set()).add(type(value).__name__)
    return found


ANOTHER_FORM = (
    "The values are equal in Python, but they have another type than in catalog.json: 1250.0 where "
    "catalog.json says 1250, or 1 where it says true. Is there a model with a float in place of an "
    "int, or an int in place of a bool?"
)


def why_not(answer, expected, path):
    """Why a path does not show the catalogue that was put into catalog.json."""
    begins = "The check put other products into catalog.json before the start."
    shown, due = ids(answer), ids(expected)
    if not set(shown) & set(due):
        return (
            f"{begins} GET {path} does not show them: it was read too early, or is written "
            "into main.py."
        )
    if sorted(shown) != sorted(due):
        return f"{begins} GET {path} shows {len(shown)}, not {len(due)}."
    if shown != due:
        return f"{begins} GET {path} is not in its order."
    return f"{begins} GET {path} shows the right ones, but not as they stand in the file."


def ids(answer):
    """The ids of the products in an answer, [] when it has none."""
    products = answer if type(answer) is list else [answer]
    return [product["id"] for product in products if "id" in product]


@section("the-app-object")
@hints(
    "FastAPI() takes keyword arguments that describe the API.",
    'app = FastAPI(title="Corner Shop API", version="1.0.0")',
)
def test_the_api_has_a_title_and_a_version(api):
    """GET /openapi.json names the API and its version."""
    response = api.get("/openapi.json")
    assert response.status_code == 200
    assert response.json()["info"]["title"] == "Corner Shop API", (
        "The title is what the app was made with. Without one, FastAPI calls it FastAPI: "
        'FastAPI(title="Corner Shop API").'
    )
    assert response.json()["info"]["version"] == "1.0.0", (
        "The version is what the app was made with, a string of your own. Without one, FastAPI "
        'says 0.1.0: FastAPI(version="1.0.0").'
    )


@section("a-path-operation")
@hints(
    'A function that returns a dict, under @app.get("/").',
    'return {"name": "Corner Shop API", "docs": "/docs"}',
)
def test_the_root_points_to_the_docs(api):
    """GET / names the shop and points to the docs."""
    response = api.get("/")
    assert response.status_code == 200
    assert response.json() == {"name": "Corner Shop API", "docs": "/docs"}
    response = api.get("/docs")
    assert response.status_code == 200, (
        "The root points to /docs, and there is nothing. FastAPI puts the page there by itself, "
        "unless docs_url says otherwise."
    )


@section("reading-the-catalogue")
@hints(
    "catalog.py gives you read_catalog(). The number is the length of the list it returns.",
    'return {"status": "ok", "products": len(products)}',
)
def test_health_counts_the_products(api, catalog):
    """GET /health says ok and counts the products."""
    response = api.get("/health")
    assert response.status_code == 200
    empty = response.json() == {"status": "ok", "products": 0}
    assert response.json() == {"status": "ok", "products": len(catalog)}, (
        "The function sees an empty catalogue. If a lifespan function reads it: is the function "
        "given to FastAPI(lifespan=…), does it read before its yield, and does it fill the same "
        "variable that is counted here?"
        if empty
        else ""
    )
    assert type(response.json()["products"]) is int, "The number of products is a whole number."


@section("reading-the-catalogue")
@hints("Return the products as a list: FastAPI makes JSON of it.")
def test_products_lists_the_catalogue(api, catalog):
    """GET /products lists the whole catalogue."""
    for again in (False, True):
        response = api.get("/products")
        assert response.status_code == 200
        assert response.json() == catalog, (
            "The first GET /products listed the catalogue, and the second one does not: reading "
            "has used it up, or changed it. An iterator, as map() and filter() return it, can be "
            "read once. Keep a list."
            if again
            else ""
        )
    assert forms(response.json()) == forms(catalog), ANOTHER_FORM


@section("path-parameters")
@hints(
    "A part of the path in braces becomes a parameter of the function, with the same name.",
    'Without a type the parameter is a string, and "1" is not equal to 1: product_id: int.',
    "The ids have gaps: 1, 2, 4. So an id is not a position in the list. Compare the ids.",
    '@app.get("/products/{product_id}"), then def read_product(product_id: int), and in it a loop '
    'over the products: if product["id"] == product_id, return product',
)
def test_a_product_is_found_by_its_id(api, catalog):
    """GET /products/{product_id} returns that product."""
    for product in catalog:
        response = api.get(f"/products/{product['id']}")
        assert response.status_code == 200
        another = response.json() in catalog
        assert response.json() == product, (
            f"This is another product than the one with the id {product['id']}. An id is not a "
            "position in the list: the ids have gaps."
            if another
            else ""
        )
        assert forms(response.json()) == forms(product), ANOTHER_FORM


@section("path-parameters")
@needs("test_a_product_is_found_by_its_id")
@hints(
    "A returned value is answered with 200. To answer something else, raise.",
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
    "Each product says itself whether it is featured.",
    "FastAPI tries the routes in the order in which they are declared.",
    "Move the function for /products/featured above the one for /products/{product_id}.",
)
def test_featured_comes_before_the_id_route(api, catalog):
    """GET /products/featured lists the featured products."""
    response = api.get("/products/featured")
    assert response.status_code == 200
    featured = [product for product in catalog if product["featured"]]
    assert response.json() == featured
    assert forms(response.json()) == forms(featured), ANOTHER_FORM


@section("a-choice-of-values")
@hints(
    "The category is a path parameter too.",
    '@app.get("/categories/{category}"), and return the products of that category.',
)
def test_a_category_lists_its_products(api, catalog):
    """GET /categories/{category} lists the products of a category."""
    for category in CATEGORIES:
        response = api.get(f"/categories/{category}")
        assert response.status_code == 200
        nothing = response.json() == []
        products = [product for product in catalog if product["category"] == category]
        assert response.json() == products, (
            "The list is empty. If the type of the parameter is a plain Enum: a member of it is "
            "not equal to a string. Take StrEnum, or compare the value of the member."
            if nothing
            else ""
        )
        assert forms(response.json()) == forms(products), ANOTHER_FORM


@section("a-choice-of-values")
@needs("test_a_category_lists_its_products")
@hints(
    "As a type, str accepts every text. There are types for a fixed choice.",
    'class Category(StrEnum) with three members, or Literal["kitchen", "office", "garden"].',
)
def test_an_unknown_category_is_422(api, rng):
    """GET /categories/{category} is 422 for any other category."""
    some = "".join(rng.choices("abcdefgh", k=8))
    for unknown in ("cellar", "Kitchen", "kit", "kitchens", "kitchen ", some):
        response = api.get(f"/categories/{unknown.replace(' ', '%20')}")
        assert response.status_code == 422, (
            f'The shop has no category "{unknown}". A type that names the three categories '
            "makes FastAPI answer 422 by itself."
        )


@section("a-path-operation")
@needs(
    "test_the_root_points_to_the_docs",
    "test_health_counts_the_products",
    "test_products_lists_the_catalogue",
    "test_a_product_is_found_by_its_id",
    "test_featured_comes_before_the_id_route",
    "test_a_category_lists_its_products",
)
@hints("@app.get answers GET and nothing else. The router answers 405 to the rest by itself.")
def test_the_catalogue_is_read_only(api, catalog):
    """POST, PUT, PATCH and DELETE are 405: the catalogue is read-only."""
    product, category = f"/products/{catalog[-1]['id']}", f"/categories/{catalog[-1]['category']}"
    methods = ("POST", "PUT", "PATCH", "DELETE")
    asked = [(method, path) for path in ("/products", product) for method in methods]
    asked += [("POST", path) for path in ("/", "/health", "/products/featured", category)]
    for method, path in asked:
        response = api.request(method, path)
        assert response.status_code == 405, (
            f"Nothing in this lesson is changed by a client: {path} answers GET only, and "
            f"{method} must be 405."
        )


@section("lifespan")
@needs(
    "test_health_counts_the_products",
    "test_products_lists_the_catalogue",
    "test_a_product_is_found_by_its_id",
    "test_featured_comes_before_the_id_route",
    "test_a_category_lists_its_products",
)
@hints(
    "Code at the top of the file runs when the file is imported, before the app starts.",
    "Read the catalogue in a lifespan function, before its yield, and give it to FastAPI().",
    "async def lifespan(app) under @asynccontextmanager, and FastAPI(…, lifespan=lifespan)",
)
def test_the_catalogue_is_read_at_startup(start, folder, other):
    """The catalogue is read when the app starts, not when main.py is imported."""
    (folder / "catalog.json").write_text(json.dumps(other), "utf-8")
    with start() as api:
        for path, expected in answers(other).items():
            response = api.get(path)
            assert response.status_code == 200, (
                "Before the app started, the check put other products into catalog.json, none of "
                f"them of this category. Then GET {path} is 200 with an empty list."
                if expected == []
                else "Before the app started, the check put other products into catalog.json. GET "
                f"{path} does not know them."
            )
            # The lengths first: two numbers are easier to read than two long lists.
            why = why_not(response.json(), expected, path)
            assert len(response.json()) == len(expected), why
            assert response.json() == expected, why
            assert forms(response.json()) == forms(expected), ANOTHER_FORM


@section("lifespan")
@needs(
    "test_health_counts_the_products",
    "test_products_lists_the_catalogue",
    "test_a_product_is_found_by_its_id",
    "test_featured_comes_before_the_id_route",
    "test_a_category_lists_its_products",
)
@hints(
    "What the lifespan function has read stays in a variable. The endpoints only look at that.",
    "Call read_catalog() in one place only: in the lifespan function, before its yield.",
)
def test_the_catalogue_is_read_once(start, folder, catalog, other):
    """The catalogue is read once, not again for each request."""
    with start() as api:
        (folder / "catalog.json").write_text(json.dumps(other), "utf-8")
        for path, expected in answers(catalog).items():
            response = api.get(path)
            assert response.status_code == 200, (
                "While the app was running, the check put other products into catalog.json. GET "
                f"{path} must still answer from the catalogue that was read when the app started."
            )
            assert response.json() == expected, (
                "While the app was running, the check put other products into catalog.json. "
                f"GET {path} shows them: the file is read while a request is answered, and not "
                "when the app starts."
            )


@section("lifespan")
@needs(
    "test_health_counts_the_products",
    "test_products_lists_the_catalogue",
    "test_a_product_is_found_by_its_id",
    "test_featured_comes_before_the_id_route",
    "test_a_category_lists_its_products",
)
@hints(
    "A list that is only ever added to grows with each start.",
    "Replace the old products at startup, or clear them after the yield.",
)
def test_a_restart_does_not_double_the_catalogue(start, catalog):
    """After a stop and a new start the catalogue is there once."""
    with start():
        pass
    with start() as api:
        for path, expected in answers(catalog).items():
            response = api.get(path)
            assert response.status_code == 200
            assert response.json() == expected, (
                "The check started the app, stopped it, and started it again. GET "
                f"{path} is now different from what it was after the first start: something of "
                "the first start is left, or something is missing in the second."
            )


@section("lifespan")
@needs("test_the_catalogue_is_read_at_startup", "test_a_restart_does_not_double_the_catalogue")
@hints(
    "Something keeps what the first start has read: a cache, or a test whether there is a list.",
    "Call read_catalog() at each start, and put what it returns in place of what was there.",
)
def test_each_start_reads_the_catalogue(start, folder, other):
    """Each start of the app reads the catalogue again."""
    with start():
        pass
    (folder / "catalog.json").write_text(json.dumps(other), "utf-8")
    with start() as api:
        for path, expected in answers(other).items():
            response = api.get(path)
            assert response.status_code == 200, (
                "The check started the app, stopped it, put other products into catalog.json, and "
                f"started the app again. GET {path} does not know them."
            )
            assert response.json() == expected, (
                "The check started the app, stopped it, put other products into catalog.json, and "
                f"started the app again. GET {path} does not show them: the second start has not "
                "read the file."
            )
