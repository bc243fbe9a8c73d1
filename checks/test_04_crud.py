import json
from string import ascii_letters, ascii_uppercase

import httpx
import pytest

from course.harness import hints, needs, section

CATEGORIES = ("kitchen", "office", "garden", "bath")
DEFAULTS = {"sale_price_cents": None, "tags": [], "description": None}
REQUIRED = ("sku", "name", "category", "price_cents")


@pytest.fixture
def shelves(folder):
    """The products that the lesson provides."""
    return json.loads((folder / "products.json").read_text("utf-8"))


@pytest.fixture
def other_shop(folder, rng):
    """Twenty-five other products, put into products.json before main.py is imported."""
    ids = sorted(rng.sample(range(100, 1000), 25))
    products = [{"id": number, **a_body(rng)} for number in ids]
    for product in products[::3]:
        product |= DEFAULTS
    (folder / "products.json").write_text(json.dumps(products), "utf-8")
    return products


def letters(rng, length):
    return "".join(rng.choices(ascii_letters, k=length))


def a_sku(rng):
    return f"{''.join(rng.choices(ascii_uppercase, k=3))}-{rng.randint(0, 9999):04}"


def a_body(rng, **changes):
    """A product with all seven fields, none of them at its default."""
    price = rng.randint(10_000, 900_000)
    return {
        "sku": a_sku(rng),
        "name": f"{letters(rng, 6).title()} {letters(rng, 4)}",
        "category": rng.choice(CATEGORIES),
        "price_cents": price,
        "sale_price_cents": rng.randint(5_000, price - 1),
        "tags": [letters(rng, 5) for _ in range(rng.randint(2, 3))],
        "description": letters(rng, 20),
        **changes,
    }


def required(body):
    """Only the fields that a product cannot be without."""
    return {name: body[name] for name in REQUIRED}


def shown(value):
    """A value as it stands in JSON."""
    return json.dumps(value, ensure_ascii=False)


def free_ids(products):
    """Ids that no product has: in a gap, right after the last one, and far away."""
    ids = [product["id"] for product in products]
    gap = next(number for number in range(min(ids), max(ids)) if number not in ids)
    return [gap, max(ids) + 1, 10_000]


def with_one(products, changed):
    """The same products, of which one has changed."""
    return [changed if product["id"] == changed["id"] else product for product in products]


OWN_SKU = (
    "409, but the only product with this sku is the one that is changed. The search for the sku "
    "goes through all products and finds the product itself. Leave its own id out of the search, "
    "or nobody can ever change a product and keep its sku."
)
NOTHING_CHANGED = (
    "The request was refused, and yet the shop is another one than before. Something was stored, "
    "changed or deleted first and checked afterwards. The client reads an error, believes that "
    "nothing has happened, and sends the request again."
)


def succeeded(response, status=200, why=""):
    """A status that needs an explanation only when it is 409."""
    assert response.status_code == status, OWN_SKU if response.status_code == 409 else why


def shop_has(api, products, why):
    """The list shows these products and no others, in the order of their ids."""
    response = api.get("/products")
    assert response.status_code == 200
    ids = [product["id"] for product in products]
    assert [product["id"] for product in response.json()] == ids, why
    assert response.json() == products, why


def stored(api, products, changed, request):
    """A product that was just written is the same by its id and in the list."""
    why = (
        f"{request} answered with the new product, and GET does not show it: the answer was made, "
        "but not stored. The client believes that the change was kept, and it is lost."
    )
    response = api.get(f"/products/{changed['id']}")
    assert response.status_code == 200, why
    assert response.json() == changed, why
    shop_has(
        api,
        products,
        f"After {request} GET /products must show this one product as it was answered, all others "
        "as they were, and all of them in the order of their ids.",
    )


def no_conflict(response, product, method="POST"):
    """Why the answer to a sku that a product has already must be 409."""
    if response.is_success:
        return (
            f"The product {product['id']} has the sku {product['sku']} already, and after this "
            f"{method} there are two. An order for {product['sku']} could mean either, and the "
            "wrong one is sent. The sku must be looked for wherever it can change."
        )
    return (
        "The request breaks no rule by itself: it conflicts with what the shop has now, and may be "
        "right tomorrow. 409 says so, and the client knows that another sku is all it needs."
    )


def broken_bodies(rng):
    """One field each that breaks a rule, whatever the other fields say."""
    return (
        ("sku", "mug-0001", "A sku has three capital letters"),
        ("sku", "MUG-00011", "A sku has four digits"),
        ("sku", "", "A sku has three capital letters, a hyphen and four digits"),
        ("name", "", "A name has at least 1 character"),
        ("name", "   ", "Trimmed, this name is empty"),
        ("name", letters(rng, 81), "A name has at most 80 characters"),
        ("category", "cellar", "The shop has no such category"),
        ("price_cents", 0, "The lowest price is 1"),
        ("price_cents", -1, "The lowest price is 1"),
        ("price_cents", 1_000_001, "The highest price is 1000000"),
        ("price_cents", 12.5, "Cents are whole numbers"),
        ("price_cents", "cheap", "A price is a number"),
        ("sale_price_cents", 0, "The lowest sale price is 1"),
        ("sale_price_cents", -1, "The lowest sale price is 1"),
        ("sale_price_cents", "cheap", "A price is a number"),
        ("tags", [letters(rng, 3) for _ in range(11)], "A product has at most 10 tags"),
        ("tags", "sale", "tags is a list"),
        ("tags", [7], "A tag is a text"),
        ("description", letters(rng, 501), "A description has at most 500 characters"),
        ("description", 7, "A description is a text or null"),
        (letters(rng, 8), 1, "A product has no such field"),
    )


def cannot_be_null(name):
    return (
        f"{name} is null, and a product needs {name}. A field that may be left out may not, for "
        "that reason, be null: no product can be without it."
    )


ID_IN_BODY = (
    "The body has an id. The id is the shop's to give, so a body with one is 422, whatever its "
    "number. Ignored, it would let the client believe that it has chosen or changed the id."
)


@section("read")
@hints(
    "The starter has this function already: products.values() are all products.",
    "Return a list with all products, not a page of it: list(products.values())",
)
def test_the_list_shows_every_product(other_shop, api):
    """GET /products lists every product."""
    response = api.get("/products")
    assert response.status_code == 200
    ids = [product["id"] for product in other_shop]
    assert [product["id"] for product in response.json()] == ids, (
        "The check put twenty-five other products into products.json before the start. The answer "
        "is a list of them all, in the order of their ids."
    )
    assert response.json() == other_shop


@section("read")
@hints(
    "products is a dict, and its keys are the ids: products[product_id].",
    "A function for @app.get('/products/{product_id}'), with product_id: int.",
)
def test_a_product_is_read_by_its_id(api, shelves):
    """GET /products/{product_id} answers one product."""
    for product in shelves:
        response = api.get(f"/products/{product['id']}")
        assert response.status_code == 200
        assert response.json() == product, (
            f"This is not the product with the id {product['id']}. An id is not a position: the "
            "ids have gaps, because products have been deleted."
            if response.json() in shelves
            else ""
        )


@section("read")
@needs("test_a_product_is_read_by_its_id")
@hints(
    "Ask whether the id is there before you look it up.",
    "if product_id not in products: raise HTTPException(404, 'No such product')",
    "PUT, PATCH and DELETE need the same question: put it into a function of its own.",
)
def test_an_unknown_id_is_404(api, shelves):
    """GET /products/{product_id} is 404 when there is no such product."""
    for number in free_ids(shelves):
        response = api.get(f"/products/{number}")
        assert response.status_code == 404
    response = api.get("/products/abc")
    assert response.status_code == 422, "abc can never be an id: declare product_id as an int."


@section("create")
@hints(
    "The body is a ProductIn, and the answer a Product: it has an id in addition.",
    "Product(id=…, **new.model_dump()), then put it into products under its id.",
    "The ids have gaps, so len(products) + 1 may be taken. Begin after the highest: max(products).",
    "@app.post('/products', status_code=201)",
)
def test_post_creates_a_product(api, shelves, rng):
    """POST /products creates a product and answers 201."""
    low, high, whole = a_body(rng), a_body(rng), a_body(rng)
    low |= {"price_cents": 1, "sale_price_cents": None, "name": "x", "description": ""}
    high |= {"price_cents": 1_000_000, "sale_price_cents": 999_999, "name": letters(rng, 80)}
    high |= {"tags": [letters(rng, 2) for _ in range(10)], "description": letters(rng, 500)}
    nothing = a_body(rng, sale_price_cents=None, tags=[], description=None)
    for body in (whole, required(a_body(rng)), low, high, nothing):
        response = api.post("/products", json=body)
        succeeded(response, 201)
        assert type(response.json().get("id")) is int, "A product needs an id, a whole number."
        taken = [product["id"] for product in shelves]
        assert response.json()["id"] > max(taken), (
            "This id belongs to another product already, which is now overwritten: its page shows "
            "something else. The ids have gaps, so the number of products says nothing about them."
            if response.json()["id"] in taken
            else "A new id is greater than every id before it. The gaps are no free places: these "
            "ids belonged to products that are gone, and there are still links to them."
        )
        product = {**DEFAULTS, **body, "id": response.json()["id"]}
        assert response.json() == product
        shelves = [*shelves, product]
        stored(api, shelves, product, "POST")
    response = api.post("/products", json=a_body(rng, name=" \t Tall  mug "))
    assert response.status_code == 201
    assert response.json()["name"] == "Tall  mug", (
        "White space at both ends of a name is taken away, and what stands inside stays."
    )


@section("location")
@needs("test_post_creates_a_product")
@hints(
    "A parameter response: Response lets you set headers, as in lesson 3.",
    "response.headers['Location'] = f'/products/{product.id}'",
)
def test_location_points_to_the_new_product(api, rng):
    """POST /products says in Location where the new product is."""
    for host in ("", "http://corner-shop.example"):
        response = api.post(f"{host}/products", json=a_body(rng))
        assert response.status_code == 201
        product = response.json()
        path = f"/products/{product['id']}"
        if "location" not in response.headers:
            assert response.headers.get("location") == path, (
                "201 says that something was created, and the header Location says where. Without "
                "it a client must know how your paths are built to read what it has just created."
            )
        there = resolved(response)
        if not same_place(there, response.url.join(path)):
            assert response.headers["location"] == path, (
                f"The request went to {response.url.host}, so the product is at "
                f"{response.url.join(path)}. This Location leads to {there or 'nowhere'}. Begin "
                "with a slash and leave the host out, or take it from the request."
            )
        response = api.get(str(there))
        assert response.status_code == 200
        assert response.json() == product


def resolved(response):
    """Where a Location leads, None when it is no address."""
    try:
        return response.url.join(response.headers["location"])
    except httpx.InvalidURL:
        return None


def same_place(one, other):
    """Two addresses of the same resource. A slash too many is a redirect away."""
    if one is None or (one.scheme, one.host, one.port) != (other.scheme, other.host, other.port):
        return False
    return one.path.rstrip("/") == other.path


@section("create")
@needs("test_post_creates_a_product")
@hints(
    "ProductIn knows the rules. A parameter new: ProductIn makes FastAPI apply them.",
    "ProductIn has no id and forbids extra fields. Product has one: do not read that.",
)
def test_post_refuses_what_breaks_a_rule(api, shelves, rng):
    """POST /products is 422 when the body breaks a rule, and creates nothing."""
    shop_has(api, shelves, "No request has changed anything yet.")
    for name, value, why in broken_bodies(rng):
        response = api.post("/products", json=a_body(rng, **{name: value}))
        assert response.status_code == 422, f"{why}. ProductIn has this rule: read the body as one."
        shop_has(api, shelves, NOTHING_CHANGED)
    for number in (shelves[0]["id"], 10_000):
        response = api.post("/products", json=a_body(rng, id=number))
        assert response.status_code == 422, ID_IN_BODY
        shop_has(api, shelves, NOTHING_CHANGED)
    for name in REQUIRED:
        body = a_body(rng)
        del body[name]
        response = api.post("/products", json=body)
        assert response.status_code == 422, f"A product needs {name}: without it, 422."
        response = api.post("/products", json=a_body(rng, **{name: None}))
        assert response.status_code == 422, cannot_be_null(name)
        shop_has(api, shelves, NOTHING_CHANGED)
    response = api.post("/products", json=a_body(rng, tags=None))
    assert response.status_code == 422, "tags is always a list. It may be empty, and never null."
    price = rng.randint(10_000, 90_000)
    for sale in (price, price + 1):
        response = api.post("/products", json=a_body(rng, price_cents=price, sale_price_cents=sale))
        assert response.status_code == 422, (
            f"The price is {price} and the sale price {sale}. A sale price must be lower."
        )
        shop_has(api, shelves, NOTHING_CHANGED)


@section("replace")
@needs("test_a_product_is_read_by_its_id")
@hints(
    "PUT takes the same body as POST. The id comes from the path.",
    "products[product_id] = Product(id=product_id, **new.model_dump())",
)
def test_put_replaces_a_product(api, shelves, rng):
    """PUT /products/{product_id} replaces every field but the id."""
    nothing = {"sale_price_cents": None, "tags": [], "description": None}
    for place, fields in ((2, {}), (0, nothing), (0, {"description": ""}), (-1, {})):
        old, body = shelves[place], a_body(rng, **fields)
        response = api.put(f"/products/{old['id']}", json=body)
        succeeded(response)
        new = {**body, "id": old["id"]}
        assert response.json() == new, why_not_replaced(response.json(), body, old)
        shelves = with_one(shelves, new)
        stored(api, shelves, new, "PUT")
    response = api.put(f"/products/{old['id']}", json=a_body(rng, name=" \t Tall  mug "))
    succeeded(response)
    assert response.json()["name"] == "Tall  mug", (
        "White space at both ends of a name is taken away, with PUT too, and what stands inside "
        "stays."
    )


def why_not_replaced(answer, body, old):
    """What PUT did instead, as far as the first field tells that is not as it should be."""
    for name, default in {**dict.fromkeys(REQUIRED), **DEFAULTS}.items():
        wanted, has = body.get(name, default), answer.get(name)
        if has == wanted:
            continue
        if name not in body and has == old[name]:
            return (
                f"PUT kept the old {name}: {shown(has)}. The body, which is the whole product now, "
                f"does not have it, so it goes back to its default, {shown(default)}. To keep what "
                "is not sent is PATCH."
            )
        if name in body and has == old[name]:
            return (
                f"PUT sent {shown(wanted)} as {name}, and the answer still has the old one. Every "
                "field of the body goes into the product."
            )
        if name in body and name in DEFAULTS and has == default:
            return f"PUT sent {shown(wanted)} as {name}, and the answer has its default."
    return ""


@section("replace")
@needs("test_put_replaces_a_product")
@hints(
    "Make the new product from the body alone, and do not look at the old one.",
    "new.model_dump() holds the defaults too; new.model_dump(exclude_unset=True) does not.",
)
def test_put_sets_the_rest_to_its_default(api, shelves, rng):
    """PUT /products/{product_id} sets a field that is not sent to its default."""
    for old in (shelves[2], shelves[-1]):
        whole = a_body(rng)
        parts = [{k: v for k, v in whole.items() if k != name} for name in DEFAULTS]
        for body in (*parts, required(whole), required(a_body(rng))):
            before = {**a_body(rng, sale_price_cents=100), "id": old["id"]}
            response = api.put(f"/products/{old['id']}", json=without_id(before))
            succeeded(response)
            response = api.put(f"/products/{old['id']}", json=body)
            succeeded(response)
            new = {**DEFAULTS, **body, "id": old["id"]}
            assert response.json() == new, why_not_replaced(response.json(), body, before)
            shelves = with_one(shelves, new)
            stored(api, shelves, new, "PUT")


def without_id(product):
    return {name: value for name, value in product.items() if name != "id"}


@section("replace")
@needs("test_put_replaces_a_product")
@hints(
    "products[product_id] = … works for every id, also for one that is not there. Ask first.",
    "Use the function that GET uses: it raises HTTPException(404).",
)
def test_put_never_creates(api, shelves, rng):
    """PUT /products/{product_id} is 404 for an unknown id, and creates nothing."""
    shop_has(api, shelves, "No request has changed anything yet.")
    for number in free_ids(shelves):
        for body in (a_body(rng), required(a_body(rng))):
            response = api.put(f"/products/{number}", json=body)
            assert response.status_code == 404, (
                f"No product has the id {number}, so there is nothing to replace, and this shop "
                "gives out the ids itself. If PUT creates, a typing error in an id becomes a new "
                "product that nobody wanted."
                if response.is_success
                else ""
            )
            shop_has(api, shelves, NOTHING_CHANGED)
    response = api.put("/products/abc", json=a_body(rng))
    assert response.status_code == 422, "abc can never be an id: declare product_id as an int."


@section("replace")
@needs("test_put_replaces_a_product")
@hints(
    "The body of PUT has the same rules as that of POST, and the same required fields.",
    "def replace_product(product_id: int, new: ProductIn) -> Product",
)
def test_put_refuses_what_breaks_a_rule(api, shelves, rng):
    """PUT /products/{product_id} is 422 when the body breaks a rule, and changes nothing."""
    old = shelves[2]
    path = f"/products/{old['id']}"
    shop_has(api, shelves, "No request has changed anything yet.")
    for name, value, why in broken_bodies(rng):
        response = api.put(path, json=a_body(rng, **{name: value}))
        assert response.status_code == 422, f"{why}. PUT has the same rules as POST."
        shop_has(api, shelves, NOTHING_CHANGED)
    for number in (old["id"], shelves[0]["id"]):
        response = api.put(path, json=a_body(rng, id=number))
        assert response.status_code == 422, ID_IN_BODY
        shop_has(api, shelves, NOTHING_CHANGED)
    for name in REQUIRED:
        body = a_body(rng)
        del body[name]
        response = api.put(path, json=body)
        assert response.status_code == 422, (
            f"{name} is not sent. PUT replaces the whole product, and a product needs {name}: "
            "taken from the old product, the rest would be a PATCH."
        )
        response = api.put(path, json=a_body(rng, **{name: None}))
        assert response.status_code == 422, cannot_be_null(name)
        shop_has(api, shelves, NOTHING_CHANGED)
    response = api.put(path, json=a_body(rng, tags=None))
    assert response.status_code == 422, "tags is always a list. It may be empty, and never null."
    price = rng.randint(10_000, 90_000)
    for sale in (price, price + 1):
        response = api.put(path, json=a_body(rng, price_cents=price, sale_price_cents=sale))
        assert response.status_code == 422, (
            f"The price is {price} and the sale price {sale}. A sale price must be lower."
        )
        shop_has(api, shelves, NOTHING_CHANGED)


@section("change")
@needs("test_a_product_is_read_by_its_id")
@hints(
    "PATCH needs a model of its own, in which every field may be left out.",
    "patch.model_dump(exclude_unset=True) is a dict of what was sent, and of nothing else.",
    "merged = product.model_dump(exclude={'id'}) | patch.model_dump(exclude_unset=True)",
    "new = ProductIn.model_validate(merged), and the rest is what PUT does.",
)
def test_patch_changes_only_what_is_sent(api, shelves, rng):
    """PATCH /products/{product_id} changes the fields that are sent, and no others."""
    old = shelves[2]
    new = a_body(rng)
    single = [{name: new[name]} for name in ("sku", "name", "category", "tags", "description")]
    prices = [{"price_cents": new["price_cents"]}, {"sale_price_cents": new["sale_price_cents"]}]
    several = [{"name": letters(rng, 9), "description": letters(rng, 30)}, {}]
    for patch in (*single, *prices, *several):
        old, shelves = patched(api, shelves, old, patch)
    old = shelves[3]  # this one has nothing but what it must have
    for patch in ({"name": letters(rng, 7)}, {}, {"price_cents": 1}, {"price_cents": 1_000_000}):
        old, shelves = patched(api, shelves, old, patch)
    response = api.patch(f"/products/{old['id']}", json={"name": " \t Tall  mug "})
    succeeded(response)
    assert response.json()["name"] == "Tall  mug", (
        "White space at both ends of a name is taken away, with PATCH too. Was the name looked at "
        "by a model, and then stored as it had been sent? Store what the model gives back."
    )


def patched(api, shelves, old, patch):
    """Sends a patch that must succeed; the product and the shop after it."""
    response = api.patch(f"/products/{old['id']}", json=patch)
    why = (
        "What comes out of this PATCH keeps every rule, so it is 200. Fields that are not sent "
        "keep their values: put in as null or as a default (exclude_unset=True is missing) they "
        "break rules that the client has not touched."
        if patch
        else "{} changes nothing, and that is no error: 200, with the product as it is."
    )
    succeeded(response, why=why)
    new = {**old, **patch}
    assert response.json() == new, why_not_patched(response.json(), patch, old)
    shelves = with_one(shelves, new)
    stored(api, shelves, new, "PATCH")
    return new, shelves


def why_not_patched(answer, patch, old):
    """What PATCH did instead, as far as the first field tells that is not as it should be."""
    sent = " and ".join(patch) or "{}"
    for name in (*REQUIRED, *DEFAULTS):
        wanted, has = patch.get(name, old[name]), answer.get(name)
        if has == wanted:
            continue
        if name in patch and has == old[name]:
            if wanted is None:
                return (
                    f"PATCH sent null as {name}, which says: take it away. The answer still has "
                    "the old value: null was dropped as if nothing had been sent, as exclude_none "
                    "and `is not None` do. So nobody can ever empty this field."
                )
            if wanted in ("", []):
                return (
                    f"PATCH sent {shown(wanted)} as {name}, and the answer still has the old one. "
                    "An empty value is false in Python, so `if value:` takes it for not sent. It "
                    "was sent: store it."
                )
            return f"PATCH sent {shown(wanted)} as {name}, and the answer still has the old one."
        if name not in patch and has in (None, [], DEFAULTS.get(name)):
            return (
                f"PATCH sent {sent} and no {name}, and yet {name} is now {shown(has)} instead of "
                f"{shown(old[name])}. The fields that were not sent came into the change with "
                "their defaults and overwrote the product: the client has lost what it never "
                "touched. exclude_unset=True leaves only what was sent."
            )
        if name == "tags" and isinstance(has, list) and name in patch:
            return (
                "tags is one value, as every field is: PATCH replaces the list by the one that is "
                "sent. If it adds to the list, nobody can take a tag away."
            )
    return ""


@section("null-is-a-value")
@needs("test_patch_changes_only_what_is_sent")
@hints(
    "null was sent; a field that is left out was not. Only one of them changes something.",
    "exclude_none drops both. exclude_unset drops only what was not sent.",
)
def test_patch_takes_null_and_empty_values(api, shelves, rng):
    """PATCH /products/{product_id} takes null, an empty text and an empty list as values."""
    for place in (2, -1):
        whole = a_body(rng, sku=shelves[place]["sku"])
        old, shelves = patched(api, shelves, shelves[place], whole)
        for name, value in (("description", None), ("sale_price_cents", None), ("tags", [])):
            old, shelves = patched(api, shelves, old, {name: value})
        old, shelves = patched(api, shelves, old, {"description": letters(rng, 9)})
        old, shelves = patched(api, shelves, old, {"description": ""})
        old, shelves = patched(api, shelves, old, {"description": None, "name": letters(rng, 5)})


@section("null-is-a-value")
@needs("test_patch_changes_only_what_is_sent")
@hints(
    "str | None = None in the patch model lets null through. The product itself does not.",
    "Look at the product that comes out: ProductIn.model_validate(merged) refuses name=None.",
)
def test_patch_refuses_null_where_a_value_is_needed(api, shelves):
    """PATCH /products/{product_id} is 422 for null in a field that a product needs."""
    shop_has(api, shelves, "No request has changed anything yet.")
    for name in (*REQUIRED, "tags"):
        for product in (shelves[2], shelves[3]):
            response = api.patch(f"/products/{product['id']}", json={name: None})
            assert response.status_code == 422, (
                "tags is always a list. It may be empty, and never null."
                if name == "tags"
                else cannot_be_null(name)
                if response.status_code != 200 or response.json().get(name) is None
                else f"{name} is null, and the answer is 200 as if it had not been sent. null is a "
                f"value, and a product needs {name}: the client must learn that this cannot be."
            )
            shop_has(api, shelves, NOTHING_CHANGED)


@section("check-what-comes-out")
@needs("test_patch_changes_only_what_is_sent")
@hints(
    "model_copy(update=…) and setattr do not look at the rules. model_validate does.",
    "A ValidationError that is raised in your function is a crash, 500. FastAPI makes 422 only of "
    "its own RequestValidationError.",
    "except ValidationError as error: raise RequestValidationError(error.errors())",
)
def test_patch_refuses_what_breaks_a_rule(api, shelves, rng):
    """PATCH /products/{product_id} is 422 for a value that breaks a rule, and changes nothing."""
    old = shelves[2]
    path = f"/products/{old['id']}"
    shop_has(api, shelves, "No request has changed anything yet.")
    for name, value, why in broken_bodies(rng):
        for patch in ({name: value}, {"description": letters(rng, 9), name: value}):
            response = api.patch(path, json=patch)
            assert response.status_code == 422, (
                f"{why}. What PATCH sends has the same rules as in POST. model_copy(update=…) and "
                "setattr() look at no rule: have the merged product validated."
            )
            shop_has(api, shelves, NOTHING_CHANGED)
    for number in (old["id"], shelves[0]["id"], 10_000):
        response = api.patch(path, json={"id": number})
        assert response.status_code == 422, ID_IN_BODY
        shop_has(api, shelves, NOTHING_CHANGED)
    for body in ([], [{"name": "Mug"}], "name"):
        response = api.patch(path, json=body)
        assert response.status_code == 422, "The body of a PATCH is an object, and this is none."
        shop_has(api, shelves, NOTHING_CHANGED)
    for number in free_ids(shelves):
        for patch in ({"name": letters(rng, 6)}, {}, without_id(a_body(rng))):
            response = api.patch(f"/products/{number}", json=patch)
            assert response.status_code == 404
            shop_has(api, shelves, NOTHING_CHANGED)
    response = api.patch("/products/abc", json={})
    assert response.status_code == 422, "abc can never be an id: declare product_id as an int."


@section("check-what-comes-out")
@needs("test_patch_changes_only_what_is_sent")
@hints(
    "A patch with one price says nothing about the other. Only the merged product knows both.",
    "First merge into a dict, then validate the dict, then store. Change nothing before that.",
    "ProductIn has the rule about the two prices, Product has not: ProductIn.model_validate(merged)",
)
def test_patch_checks_the_product_that_comes_out(api, shelves, rng):
    """PATCH /products/{product_id} is 422 when the product that comes out breaks a rule."""
    for place in (2, -1):
        sale = rng.randint(20_000, 30_000)
        price = sale + rng.randint(5_000, 9_000)
        whole = a_body(rng, price_cents=price, sale_price_cents=sale)
        old, shelves = patched(api, shelves, shelves[place], whole)
        path = f"/products/{old['id']}"
        for patch in (
            {"price_cents": sale - 1},
            {"price_cents": sale},
            {"description": letters(rng, 9), "price_cents": sale},
            {"sale_price_cents": price + 1},
            {"sale_price_cents": price},
            {"name": letters(rng, 9), "sale_price_cents": price + 1},
            {"price_cents": sale - 1, "sale_price_cents": sale - 1},
        ):
            response = api.patch(path, json=patch)
            out = {**old, **patch}
            assert response.status_code == 422, (
                f"After this PATCH the price is {out['price_cents']} and the sale price "
                f"{out['sale_price_cents']}, which is no cheaper. The patch alone does not show it, "
                "so merge first, and then validate it as a ProductIn, which has this rule."
            )
            shop_has(api, shelves, NOTHING_CHANGED)
        lower, higher = (sale - 9, sale - 5), (price + 5, price + 9)
        for patch in (
            {"price_cents": sale + 1},
            {"price_cents": price},
            {"sale_price_cents": price - 1},
            {"price_cents": lower[1], "sale_price_cents": lower[0]},
            {"sale_price_cents": higher[0], "price_cents": higher[1]},
            {"sale_price_cents": lower[0], "price_cents": lower[1]},
            {"price_cents": higher[1], "sale_price_cents": higher[0]},
            {"price_cents": 5, "sale_price_cents": None},
            {"sale_price_cents": 4},
        ):
            response = api.patch(path, json=patch)
            succeeded(
                response,
                why=f"Before, the prices were {old['price_cents']} and {old['sale_price_cents']}. "
                f"After this PATCH they are {({**old, **patch})['price_cents']} and "
                f"{shown(({**old, **patch})['sale_price_cents'])}, and that keeps every rule. What "
                "counts is the product that comes out, not the way there: merge all fields, and "
                "then validate once.",
            )
            old = {**old, **patch}
            assert response.json() == old
            shelves = with_one(shelves, old)
            stored(api, shelves, old, "PATCH")


@section("check-what-comes-out")
@needs("test_post_creates_a_product", "test_patch_changes_only_what_is_sent")
@hints(
    "Two products hold the same list. Whoever changes it in place changes both.",
    "Make a new Product from the merged dict and put that into the store, instead of changing the "
    "old one piece by piece.",
)
def test_products_share_nothing(api, shelves, rng):
    """A change to one product leaves all others as they were."""
    why = (
        "A request to one product has changed another one. Both hold the same list of tags, "
        "perhaps one that was made once as the default, and it was changed in place. A customer "
        "sees tags on a product that nobody gave them to."
    )
    made = []
    for _ in range(3):
        response = api.post("/products", json=required(a_body(rng)))
        succeeded(response, 201)
        made.append(response.json())
        shelves = [*shelves, made[-1]]
    for number, tags in ((0, ["a", "b"]), (1, ["c"]), (0, []), (2, ["d"])):
        response = api.patch(f"/products/{made[number]['id']}", json={"tags": tags})
        succeeded(response)
        shelves = with_one(shelves, {**made[number], "tags": tags})
        shop_has(api, shelves, why)
    body = required(a_body(rng))
    response = api.put(f"/products/{made[1]['id']}", json=body)
    succeeded(response)
    assert response.json()["tags"] == [], why
    response = api.post("/products", json=required(a_body(rng)))
    succeeded(response, 201)
    assert response.json()["tags"] == [], why


@section("delete")
@needs("test_an_unknown_id_is_404")
@hints(
    "del products[product_id], after you have asked whether it is there.",
    "204 means that there is no body: the function returns nothing.",
    "@app.delete('/products/{product_id}', status_code=204) and -> None",
)
def test_delete_removes_a_product(api, shelves):
    """DELETE /products/{product_id} removes the product and answers 204 without a body."""
    for place in (2, 0, -1, 1, 0, 0):
        product = shelves[place]
        path = f"/products/{product['id']}"
        response = api.delete(path)
        succeeded(response, 204)
        assert response.text == "", (
            "204 means No Content: the response ends with its headers. Servers and clients do not "
            "expect a body there, so what comes may be read as the beginning of the next answer."
        )
        response = api.get(path)
        assert response.status_code == 404, (
            "DELETE answered 204, and the product is still there for everyone who has its link."
            if response.status_code == 200
            else ""
        )
        shelves = [other for other in shelves if other is not product]
        shop_has(
            api,
            shelves,
            "After a DELETE the list shows all products but the deleted one, as they were.",
        )
        for other in shelves:
            response = api.get(f"/products/{other['id']}")
            assert response.status_code == 200
            assert response.json() == other


@section("delete")
@needs("test_delete_removes_a_product")
@hints(
    "After a DELETE the id is as unknown as one that never was.",
    "Call the function that raises 404 first, in each of the functions with {product_id}.",
)
def test_what_is_deleted_is_gone(api, shelves, rng):
    """DELETE, PUT and PATCH are 404 for a product that is not there any more."""
    product = shelves[2]
    for number in free_ids(shelves):
        response = api.delete(f"/products/{number}")
        assert response.status_code == 404, (
            f"No product has the id {number}, so nothing was deleted. 204 would tell a client with "
            "a wrong id that it has succeeded."
            if response.is_success
            else ""
        )
        shop_has(api, shelves, NOTHING_CHANGED)
    response = api.delete("/products/abc")
    assert response.status_code == 422, "abc can never be an id: declare product_id as an int."
    path = f"/products/{product['id']}"
    response = api.delete(path)
    succeeded(response, 204)
    shelves = [other for other in shelves if other is not product]
    bodies = {"PUT": a_body(rng), "PATCH": {"name": letters(rng, 6)}}
    for method in ("DELETE", "PUT", "PATCH", "DELETE"):
        body = bodies.get(method)
        response = api.request(method, path, json=body) if body else api.request(method, path)
        assert response.status_code == 404, (
            f"The product was deleted, so there is nothing left for {method}. It must be 404, as "
            "with GET."
            if response.is_success
            else ""
        )
        shop_has(api, shelves, NOTHING_CHANGED)


@section("conflicts")
@needs("test_post_creates_a_product")
@hints(
    "Look through products.values() for the sku, before you store anything.",
    "raise HTTPException(409, …) when any(p.sku == new.sku for p in products.values())",
)
def test_post_refuses_a_taken_sku(api, shelves, rng):
    """POST /products is 409 when another product has the sku."""
    response = api.post("/products", json=a_body(rng))
    succeeded(response, 201)
    shelves = [*shelves, response.json()]
    for product in (shelves[2], shelves[0], shelves[-1]):
        for body in (a_body(rng, sku=product["sku"]), without_id(product)):
            response = api.post("/products", json=body)
            assert response.status_code == 409, no_conflict(response, product)
            shop_has(api, shelves, NOTHING_CHANGED)


@section("conflicts")
@needs("test_put_replaces_a_product", "test_patch_changes_only_what_is_sent")
@hints(
    "A product has its own sku, and that is no conflict.",
    "Compare the id too: other.sku == sku and other.id != product_id",
)
def test_a_product_may_keep_its_sku(api, shelves, rng):
    """PUT and PATCH take the sku that the product has already."""
    for place in (2, 0, -1):
        old = shelves[place]
        body = a_body(rng, sku=old["sku"])
        new = {**body, "id": old["id"]}
        for _ in ("first", "again"):
            response = api.put(f"/products/{old['id']}", json=body)
            succeeded(response)
            assert response.json() == new
        patch = {"sku": old["sku"], "name": letters(rng, 8)}
        for _ in ("first", "again"):
            response = api.patch(f"/products/{old['id']}", json=patch)
            succeeded(response)
            assert response.json() == {**new, **patch}
        shelves = with_one(shelves, {**new, **patch})
        shop_has(api, shelves, "The same PUT and the same PATCH twice leave one product changed.")


@section("conflicts")
@needs("test_a_product_may_keep_its_sku")
@hints(
    "PUT and PATCH can give a product a sku too: ask the same question as in POST.",
    "First look for the sku, and only then change the product.",
    "def check_sku(sku, own_id=None), called in all three functions.",
)
def test_put_and_patch_refuse_a_taken_sku(api, shelves, rng):
    """PUT and PATCH are 409 when another product has the sku, and change nothing."""
    shop_has(api, shelves, "No request has changed anything yet.")
    for own, other in ((2, 0), (0, -1), (-1, 2), (1, 2), (2, 1)):
        product, taken = shelves[own], shelves[other]["sku"]
        path = f"/products/{product['id']}"
        whole = a_body(rng, sku=taken)
        for method, body in (
            ("PUT", whole),
            ("PATCH", {"sku": taken}),
            ("PATCH", {"name": letters(rng, 8), "tags": ["x"], "sku": taken}),
            ("PATCH", whole),
        ):
            response = api.request(method, path, json=body)
            assert response.status_code == 409, no_conflict(response, shelves[other], method)
            shop_has(api, shelves, NOTHING_CHANGED)


@section("conflicts")
@needs("test_post_refuses_a_taken_sku", "test_put_and_patch_refuse_a_taken_sku")
@hints(
    "A sku is taken while a product has it, and no longer.",
    "Look through the products each time, instead of keeping a second list of skus.",
    "If you keep a set or dict of skus: PUT, PATCH and DELETE must keep it right, also when the "
    "sku stays the same.",
)
def test_a_sku_is_taken_while_a_product_has_it(api, shelves, rng):
    """A sku is free again when no product has it, and taken as soon as one has it."""
    kept = (
        "The product has kept its sku through a PUT and a PATCH, so it is taken. If you keep the "
        "skus beside the products: the old one was taken out after the new one had been put in, "
        "and both are the same here."
    )
    free = (
        "No product has this sku any more. What is remembered of it beside the products was not "
        "taken out when the product got another sku or was deleted, so the shop can never use it "
        "again."
    )
    for product in (shelves[2], shelves[0]):
        path = f"/products/{product['id']}"
        for method in ("PUT", "PATCH"):
            body = a_body(rng, sku=product["sku"])
            response = api.request(method, path, json=body)
            succeeded(response)
            response = api.post("/products", json=a_body(rng, sku=product["sku"]))
            assert response.status_code == 409, kept
        old = product["sku"]
        for method in ("PUT", "PATCH"):
            new = a_sku(rng)
            body = a_body(rng, sku=new) if method == "PUT" else {"sku": new}
            response = api.request(method, path, json=body)
            succeeded(response)
            response = api.post("/products", json=a_body(rng, sku=new))
            assert response.status_code == 409, (
                f"A {method} has given this sku to the product {product['id']}, so it is taken."
            )
            response = api.post("/products", json=a_body(rng, sku=old))
            assert response.status_code == 201, free
            old = new
        response = api.delete(path)
        succeeded(response, 204)
        response = api.post("/products", json=a_body(rng, sku=old))
        assert response.status_code == 201, free


@section("ids")
@needs("test_post_creates_a_product", "test_delete_removes_a_product")
@hints(
    "max(products) + 1 forgets a product as soon as it is deleted.",
    "Keep the next id in a variable of its own, which only goes up.",
    "new_ids = itertools.count(max(products) + 1), once at the top, and next(new_ids) in POST.",
)
def test_ids_are_never_used_again(other_shop, api, rng):
    """POST /products never gives out an id twice, also when the product is deleted."""
    newest = max(product["id"] for product in other_shop)
    there = [product["id"] for product in other_shop]
    for gone in ([], ["newest"], ["newest"], [there[2]], ["newest", there[4]], ["all"]):
        for one in there.copy() if gone == ["all"] else gone:
            number = newest if one == "newest" else one
            response = api.delete(f"/products/{number}")
            succeeded(response, 204)
            there.remove(number)
        response = api.post("/products", json=a_body(rng))
        succeeded(response, 201)
        assert response.json()["id"] > newest, (
            f"The id {newest} was given out before, and its product was deleted. A new id must be "
            "greater: given twice, every old link, order or bookmark of the first product shows "
            "the second one."
            if newest not in there
            else f"There is a product with the id {newest}, and a new id must be greater. The check "
            "put other products into products.json: read the highest id from them at the start."
            if not gone
            else f"The shop has given out the id {newest} already, and a new id must be greater. "
            "The number of products falls with every DELETE, so no id can be counted from it."
        )
        newest = response.json()["id"]
        there.append(newest)


@section("the-contract")
@needs(
    "test_the_list_shows_every_product",
    "test_patch_takes_null_and_empty_values",
    "test_patch_checks_the_product_that_comes_out",
    "test_put_sets_the_rest_to_its_default",
    "test_what_is_deleted_is_gone",
    "test_a_sku_is_taken_while_a_product_has_it",
    "test_ids_are_never_used_again",
)
@hints(
    "Each request alone is right, and after some others it is not. What do you keep beside the "
    "products, and who keeps it right?",
    "A position in a list is another one as soon as a product before it is deleted. Look for the "
    "id each time, or keep the products in a dict.",
)
def test_a_day_in_the_shop(other_shop, api, rng):
    """Many requests, one after the other, leave the shop as they should."""
    products = {product["id"]: product for product in other_shop}
    newest = max(products)
    why = "Each kind of request alone was right. After the requests before this one it is not: "
    for _ in range(120):
        method = rng.choice(("POST", "PUT", "PATCH", "PATCH", "DELETE", "GET"))
        if method == "POST" or len(products) < 3:
            response = api.post("/products", json=(body := a_body(rng)))
            assert response.status_code == 201, f"{why}this product must be created."
            assert response.json()["id"] > newest, f"{why}a new id is greater than all before it."
            newest = response.json()["id"]
            products[newest] = {**body, "id": newest}
        else:
            number = rng.choice(list(products))
            path, old = f"/products/{number}", products[number]
            if method == "GET":
                response = api.get(path)
            elif method == "DELETE":
                response = api.delete(path)
                assert response.status_code == 204, f"{why}this product is there to be deleted."
                del products[number]
            elif method == "PUT":
                body = a_body(rng)
                response = api.put(path, json=body)
                products[number] = {**body, "id": number}
            else:
                names = rng.sample(("name", "category", "tags", "description", "sku"), 2)
                new = {**a_body(rng), "description": None}
                response = api.patch(path, json=(patch := {name: new[name] for name in names}))
                products[number] = {**old, **patch}
            if method != "DELETE":
                assert response.status_code == 200, f"{why}this product is there."
                assert response.json() == products[number], (
                    f"{why}the answer is not the product that it should be. Whatever you keep "
                    "beside the products, such as positions in a list, must follow every change."
                )
        shop_has(
            api,
            list(products.values()),
            f"{why}the list shows another shop. Whatever you keep beside the products, such as "
            "positions in a list, must follow every change.",
        )
