import json
import uuid
from itertools import combinations

import pytest

from course.harness import hints, needs, one_app, section

pytestmark = one_app

CATEGORIES = ("kitchen", "office", "garden", "bath")
SEARCH = {
    "q",
    "category",
    "min_price",
    "max_price",
    "in_stock",
    "tag",
    "sort",
    "limit",
    "offset",
}
ADJECTIVES = ("Blue", "Old", "Tall")
NOUNS = ("mug", "lamp", "box")
TAGS = ("gift", "new", "sale", "wood")
SORTS = {"name": "name", "-name": "name", "price": "price_cents", "-price": "price_cents"}


@pytest.fixture
def shelves(folder):
    """The products that the lesson provides, in the order of their ids."""
    return by_id(json.loads((folder / "products.json").read_text("utf-8")))


@pytest.fixture
def other_shop(folder, rng):
    """Sixty other products, put into products.json before main.py is imported, and two wishes.

    A wish has a value for each of the six filters. One product passes all six, and for each filter
    there is one that fails this filter only: no filter can be dropped unnoticed.
    """
    wished = [wish_and_products(rng, in_stock) for in_stock in (True, False)]
    products = [product for _, products in wished for product in products]
    while len(products) < 60:
        products.append(
            {
                "name": f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}",
                "category": rng.choice(CATEGORIES),
                "price_cents": rng.choice((300, 700, 1500, 2500, 9000, 12000)),
                "stock": rng.choice((0, 1, 40)),
                "tags": rng.sample(TAGS, rng.randint(1, 3)),
            }
        )
    rng.shuffle(products)
    for product, number in zip(products, rng.sample(range(100, 1000), len(products)), strict=True):
        product["id"] = number
        product["sku"] = f"{''.join(rng.choices('ABCDEFGHJKLMNPRSTUVWXYZ', k=3))}-{number:04}"
    (folder / "products.json").write_text(json.dumps(products), "utf-8")
    return by_id(products), [wish for wish, _ in wished]


def wish_and_products(rng, in_stock):
    """One value for each filter, the product that passes all, and one that fails each filter."""
    noun, other_noun = rng.sample(NOUNS, 2)
    category, other_category = rng.sample(CATEGORIES, 2)
    tag, second_tag, other_tag = rng.sample(TAGS, 3)
    price = rng.randint(1000, 5000)
    low, high = price - rng.randint(0, 300), price + rng.randint(0, 300)
    stock, other_stock = (rng.randint(1, 40), 0) if in_stock else (0, rng.randint(1, 40))
    wanted = {
        "name": f"{rng.choice(ADJECTIVES)} {noun}",
        "category": category,
        "price_cents": price,
        "stock": stock,
        "tags": [tag, second_tag],
    }
    wish = {
        "q": noun.upper(),
        "category": category,
        "min_price": low,
        "max_price": high,
        "in_stock": in_stock,
        "tag": [tag, second_tag],
    }
    others = (
        {"name": f"{rng.choice(ADJECTIVES)} {other_noun}"},
        {"category": other_category},
        {"price_cents": low - 1},
        {"price_cents": high + 1},
        {"stock": other_stock},
        {"tags": [tag, other_tag]},
    )
    return wish, [wanted, *({**wanted, **other} for other in others)]


def by_id(products):
    return sorted(products, key=lambda product: product["id"])


def in_order(products, sort):
    """Sorted as the contract says: products that are equal come in the order of their ids."""
    return sorted(
        by_id(products), key=lambda product: product[SORTS[sort]], reverse=sort.startswith("-")
    )


def with_change(products, number, **fields):
    """The same products, of which the one with this id has other values."""
    return [{**product, **fields} if product["id"] == number else product for product in products]


def the_list_shows(api, products, why):
    """The same request before and after: a cache, a copy or a change too many shows here."""
    response = api.get("/products", params={"limit": 100})
    assert response.status_code == 200
    assert response.json()["items"] == products, why


def one_changed(request, what):
    return (
        f"{request} has changed the {what} of one product. After that GET /products shows this "
        "new value, and everything else as it was. Change the product in products itself, and "
        "every route shows the same."
    )


def with_a_twin(products):
    """Those in stock whose name another product has too: a change by name shows with them."""
    names = [product["name"] for product in products]
    return [p for p in products if names.count(p["name"]) > 1 and p["stock"] > 0]


def free_id(products, rng):
    """An id between those of the products that no product has."""
    used = {product["id"] for product in products}
    return rng.choice([number for number in range(1, max(used)) if number not in used])


ABC = (
    'The id in this path is "abc", and abc is no whole number. Declared as an int, FastAPI answers '
    "422 by itself."
)
UNTOUCHED = "No request has changed anything yet: these are the products of products.json."
NONE_CHANGED = (
    "The request was refused, so nothing may have changed, and GET /products shows a difference. "
    "Look at everything first, and change something only when nothing can go wrong any more."
)


@section("one-page-of-a-list")
@hints(
    "Put all products in the order of their ids, count them, and only then take the page.",
    "A slice takes the page: found[offset : offset + limit].",
    'return {"items": found[offset : offset + limit], "total": len(found), "limit": limit, '
    '"offset": offset}',
)
def test_the_list_comes_in_pages(api, shelves):
    """GET /products answers one page and counts all products."""
    cases = [({}, 20, 0)]
    cases += [({"limit": a, "offset": b}, a, b) for a, b in ((5, 0), (5, 7), (100, 0), (1, 23))]
    cases += [({"offset": 3}, 20, 3), ({"limit": 4}, 4, 0), ({"offset": 24}, 20, 24)]
    for params, limit, offset in cases:
        response = api.get("/products", params=params)
        assert response.status_code == 200
        assert type(response.json()) is dict, (
            "The answer is one page: an object with the keys items, total, limit and offset. The "
            "products stand in items."
        )
        assert response.json().keys() == {"items", "total", "limit", "offset"}, (
            "One page has exactly the keys items, total, limit and offset."
        )
        assert response.json()["items"] == shelves[offset : offset + limit], (
            f"All products stand in the order of their ids, whatever their stock. This page leaves "
            f"out the first {offset} of them and holds the next {limit} at most: offset counts "
            "products, not pages."
        )
        assert response.json()["total"] == len(shelves), (
            f"There are {len(shelves)} products. total counts all that match, on whatever page "
            "they are, so that a client knows how many pages there are."
        )
        assert response.json() == {
            "items": shelves[offset : offset + limit],
            "total": len(shelves),
            "limit": limit,
            "offset": offset,
        }, (
            f"limit and offset in the answer are the ones that were used, sent or not: {limit} and "
            f"{offset} here."
        )
    for offset in (len(shelves) + 1, 1000):
        response = api.get("/products", params={"offset": offset})
        assert response.status_code == 200, (
            f"There are only {len(shelves)} products, so this page is past the end. That is no "
            "error: items is empty."
        )
        assert response.json() == {
            "items": [],
            "total": len(shelves),
            "limit": 20,
            "offset": offset,
        }, (
            f"This page is past the end, with an offset of {offset} and {len(shelves)} products. "
            "items is empty, total stays, and limit and offset are the ones that were used."
        )


@section("one-page-of-a-list")
@needs("test_the_list_comes_in_pages")
@hints(
    "A type says that limit is a whole number. Its bounds are said with Query(), or with Field() "
    "in a model.",
    "limit: Annotated[int, Query(ge=1, le=100)] = 20",
)
def test_limit_and_offset_have_bounds(api, shelves):
    """GET /products is 422 for a limit outside 1 to 100 and for a negative offset."""
    for limit in (1, 100):
        response = api.get("/products", params={"limit": limit})
        assert response.status_code == 200
    for params, why in (
        ({"limit": 101}, "A limit of more than 100 asks for too much at once"),
        ({"limit": 1_000_000}, "A limit of more than 100 asks for too much at once"),
        ({"limit": 0}, "A page of no products is of no use"),
        ({"limit": -1}, "A negative limit has no meaning, and a slice reads it as something else"),
        ({"offset": -1}, "A negative offset has no meaning, and a slice counts it from the end"),
        ({"limit": "ten"}, '"ten" is no whole number'),
        ({"limit": "2.5"}, '"2.5" is no whole number'),
        ({"offset": "2.5"}, '"2.5" is no whole number'),
    ):
        response = api.get("/products", params=params)
        assert response.status_code == 422, (
            f"{why}. Say the bounds in the signature, and FastAPI answers 422 by itself."
        )


@section("optional-filters")
@needs("test_the_list_comes_in_pages")
@hints(
    "A parameter is optional when it has a default: q: str | None = None.",
    "Compare both in lower case: q.lower() in product.name.lower().",
    "Keep the products that match in a new list, before you count them and cut the page.",
)
def test_q_searches_the_names(api, shelves, rng):
    """GET /products?q= finds text in the names, whatever its case."""
    name = rng.choice(shelves)["name"]
    for q in ("mug", "MUG", "to", "(set", "1.5 m", name.swapcase(), "no such thing"):
        found = [product for product in shelves if q.lower() in product["name"].lower()]
        response = api.get("/products", params={"q": q})
        assert response.status_code == 200, (
            f'q is plain text: "{q}" is looked for as it stands, and no character in it means '
            "anything special."
        )
        assert response.json()["items"] == found, (
            f'q={q} finds every product whose name contains "{q}", in upper or lower case, and '
            "no other product. All products are searched, not only those of one page."
        )
        assert response.json()["total"] == len(found), (
            "total counts the products that match the search, not all products of the shop."
        )
    field = "it stands in another field, and q looks at the names only"
    plain = "q is plain text, so no character in it stands for others"
    as_sent = "q is looked for as it was sent, with its spaces and with its words in this order"
    for q, why in (
        ("LMP-00", field),
        ("kitchen", field),
        ("wholesale", field),
        ("m.g", plain),
        ("m*g", plain),
        ("m%g", plain),
        ("m_g", plain),
        ("mug enamel", as_sent),
        ("mug ", as_sent),
        ("  ", as_sent),
    ):
        found = [product for product in shelves if q in product["name"].lower()]
        names = ", ".join(product["name"] for product in found) or "no name"
        response = api.get("/products", params={"q": q})
        assert response.status_code == 200, f'"{q}" is a good q of {len(q)} characters: {as_sent}.'
        assert response.json()["items"] == found, f'"{q}" is in {names}: {why}.'
        assert response.json()["total"] == len(found), f'"{q}" is in {names}: {why}.'
    for q in ("ab", "a" * 50):
        response = api.get("/products", params={"q": q})
        assert response.status_code == 200
    for q in ("a", "a" * 51):
        response = api.get("/products", params={"q": q})
        assert response.status_code == 422, (
            f"This q has {len(q)} character{'s' * (len(q) > 1)}, and q has 2 to 50. min_length "
            "and max_length say so."
        )


@section("optional-filters")
@needs("test_the_list_comes_in_pages")
@hints(
    "shop.py has a type for the four categories.",
    "category: Category | None = None",
)
def test_category_narrows_the_list(api, shelves):
    """GET /products?category= finds the products of a category."""
    for category in CATEGORIES:
        found = [product for product in shelves if product["category"] == category]
        response = api.get("/products", params={"category": category})
        assert response.status_code == 200
        assert response.json()["items"] == found
        assert response.json()["total"] == len(found), (
            "total counts the products that match, and these are the ones of this category."
        )
    for category in ("cellar", "Kitchen"):
        response = api.get("/products", params={"category": category})
        assert response.status_code == 422, (
            f'The shop has no category "{category}". With a type that names the four categories '
            "FastAPI answers 422, and the client learns that it has mistyped."
        )


@section("zero-and-false-are-values")
@needs("test_the_list_comes_in_pages")
@hints(
    "Both bounds belong to the range: >= and <=.",
    "0 is false in an if. To ask whether a bound was sent, compare with None.",
    "if max_price is not None: found = [p for p in found if p.price_cents <= max_price]",
)
def test_prices_narrow_the_list(api, shelves, rng):
    """GET /products?min_price=&max_price= finds products in a range of prices."""
    price = rng.choice(shelves)["price_cents"]
    for low, high in (
        (None, 0),
        (1250, None),
        (1251, None),
        (None, 1250),
        (None, 1249),
        (950, 2700),
        (price, price),
        (0, 10_000_000),
    ):
        found = [
            product
            for product in shelves
            if (low is None or product["price_cents"] >= low)
            and (high is None or product["price_cents"] <= high)
        ]
        bounds = {"min_price": low, "max_price": high}
        response = api.get(
            "/products", params={name: n for name, n in bounds.items() if n is not None}
        )
        assert response.status_code == 200
        if (low, high) == (None, 0):
            assert response.json()["items"] == found, (
                "Nothing in the shop costs 0 cents or less, so nothing is found. If 0 is taken "
                'for "no bound", look for an if that asks whether the number is true: 0 is not.'
            )
        assert response.json()["items"] == found[:20], (
            "These are not the products in this range. A product that costs exactly min_price or "
            "exactly max_price belongs to it."
        )
        assert response.json()["total"] == len(found), (
            "total counts all products in this range of prices, on whatever page they are."
        )
    for params in (
        {"min_price": -1},
        {"max_price": -1},
        {"min_price": "12.50"},
        {"max_price": "12.50"},
    ):
        response = api.get("/products", params=params)
        assert response.status_code == 422, (
            "A price is a whole number of cents, 0 or more. Say so in the signature, and FastAPI "
            "answers 422 before the function runs."
        )


@section("zero-and-false-are-values")
@needs("test_the_list_comes_in_pages")
@hints(
    "There are three cases: true, false, and not sent.",
    'Text that is not empty is true, "false" too. With the type bool | None FastAPI turns it '
    "into True or False.",
    "if in_stock is not None: found = [p for p in found if (p.stock > 0) == in_stock]",
)
def test_in_stock_is_a_switch_with_three_positions(api, shelves):
    """GET /products?in_stock= finds what is there, or what is sold out."""
    there = [product for product in shelves if product["stock"] > 0]
    gone = [product for product in shelves if product["stock"] == 0]
    for in_stock, found, which in (
        ("true", there, "more than 0 in stock"),
        ("false", gone, "exactly 0 in stock"),
    ):
        response = api.get("/products", params={"in_stock": in_stock})
        assert response.status_code == 200
        assert response.json()["items"] == found, (
            f"in_stock={in_stock} finds the products with {which}, and no others."
        )
        assert response.json()["total"] == len(found), (
            f"total counts the products with {which}, and no others."
        )
    response = api.get("/products", params={"in_stock": "maybe"})
    assert response.status_code == 422, (
        '"maybe" is neither true nor false. With the type bool FastAPI says so.'
    )


@section("a-list-in-the-query")
@needs("test_the_list_comes_in_pages")
@hints(
    "A key that may come more than once is a list.",
    "FastAPI reads a list from the body unless you say where it is: "
    "tag: Annotated[list[str], Query()] = [].",
    "all(tag in product.tags for tag in tags)",
)
def test_tags_are_all_demanded(api, shelves):
    """GET /products?tag=gift&tag=new finds the products that have all these tags."""
    for tags in (
        ["gift"],
        ["gift", "new"],
        ["new", "gift"],
        ["sale"],
        ["gift", "wood", "steel"],
        ["new", "linen", "gift"],
        ["gift", "gift"],
    ):
        found = [product for product in shelves if set(tags) <= set(product["tags"])]
        response = api.get("/products", params={"tag": tags})
        assert response.status_code == 200
        demand = "each of these" if len(tags) > 1 else "this one"
        why = f"{' and '.join(tags)}: a product is found when its tags contain {demand}."
        if tags == ["gift", "gift"]:
            why = "The same tag sent twice asks for no more than sent once."
        if response.json()["items"] == shelves[:20]:
            why = (
                "All products came back, as if no tag had been sent. A list in the signature is "
                "read from the body, unless Query() says that it is in the query string."
            )
        assert response.json()["items"] == found, why
        assert response.json()["total"] == len(found), (
            "total counts the products that have all the tags asked for."
        )
    for tag in ("Gift", "gif", "gift,new"):
        response = api.get("/products", params={"tag": tag})
        assert response.status_code == 200
        assert response.json()["items"] == [], (
            f'No product has the tag "{tag}". A tag is compared as a whole and as it is written; '
            "several tags are sent by repeating tag, and a comma does not divide them."
        )


@section("a-choice-of-orders")
@needs("test_category_narrows_the_list")
@hints(
    'Literal["name", "-name", "price", "-price"] accepts these four texts and no other.',
    "Sort first by id, then by price or name: Python's sort leaves equal products in the order "
    "they had.",
    'found.sort(key=lambda p: p.price_cents, reverse=sort == "-price")',
)
def test_sort_orders_the_list(api, shelves):
    """GET /products?sort= orders by name or price, up or down."""
    garden = [product for product in shelves if product["category"] == "garden"]
    for sort, key in SORTS.items():
        first = {"name": "A to Z", "-name": "Z to A"}.get(sort) or (
            "from cheap to dear" if sort == "price" else "from dear to cheap"
        )
        response = api.get("/products", params={"sort": sort, "category": "garden"})
        assert response.status_code == 200
        found = [product[key] for product in response.json()["items"]]
        assert found == [product[key] for product in in_order(garden, sort)], (
            f"sort={sort} goes {first}."
            + (" Prices are compared as numbers: 950 < 1250." if key == "price_cents" else "")
        )
        response = api.get("/products", params={"sort": sort, "limit": 8})
        assert response.status_code == 200
        found = [product[key] for product in response.json()["items"]]
        assert found == [product[key] for product in in_order(shelves, sort)][:8], (
            f"The first page of sort={sort} starts with the first of all products, {first}. Sort "
            "everything that was found, and cut the page afterwards."
        )
        response = api.get("/products", params={"sort": sort})
        assert response.status_code == 200
        assert response.json()["items"] == in_order(shelves, sort)[:20], (
            f"Where {'name' if key == 'name' else 'price'}s are equal, the smaller id comes first, "
            "also when the order is turned round by the minus sign. Otherwise a product could "
            "show up on two pages, or on none."
        )
    for sort in ("stock", "Price", "--price", "price_cents", "id", ""):
        response = api.get("/products", params={"sort": sort})
        assert response.status_code == 422, (
            f'"{sort}" is none of the four orders. With a type that names them FastAPI answers '
            "422 by itself."
        )


@section("a-rule-between-two-parameters")
@needs("test_prices_narrow_the_list")
@hints(
    "A bound on one parameter cannot say this: it needs both values.",
    'In a query model: @model_validator(mode="after"), and raise ValueError. Without one: '
    "raise HTTPException(422, …) in the function.",
    "if min_price is not None and max_price is not None and min_price > max_price: …",
)
def test_a_price_range_upside_down_is_422(api, shelves):
    """GET /products is 422 when min_price is more than max_price."""
    for low, high in ((2000, 1000), (1251, 1250), (1, 0)):
        response = api.get("/products", params={"min_price": low, "max_price": high})
        assert response.status_code == 422, (
            f"No price is at least {low} and at most {high}. The client has mixed up the two, and "
            "422 tells it so. A ValueError does that inside a Pydantic model; in the function "
            "itself it takes an HTTPException."
        )
    response = api.get("/products", params={"min_price": 1250, "max_price": 1250})
    assert response.status_code == 200


@section("a-query-model")
@needs("test_the_list_comes_in_pages")
@hints(
    "FastAPI ignores what the signature does not name. A query model can forbid it.",
    'model_config = ConfigDict(extra="forbid")',
    "Without a model: compare request.query_params with the names that you know.",
)
def test_an_unknown_query_parameter_is_422(api):
    """GET /products is 422 for a query parameter that does not exist."""
    for params in ({"categori": "kitchen"}, {"limit": 5, "page": 2}, {"Q": "mug"}):
        response = api.get("/products", params=params)
        assert response.status_code == 422, (
            f"There is no parameter {list(params)[-1]}, and the answer to that is 422. If it were "
            "ignored, the client would get products that it did not ask for and not notice its "
            "mistake."
        )


@section("a-query-model")
@needs(
    "test_q_searches_the_names",
    "test_category_narrows_the_list",
    "test_prices_narrow_the_list",
    "test_in_stock_is_a_switch_with_three_positions",
    "test_tags_are_all_demanded",
    "test_sort_orders_the_list",
)
@hints(
    "Each filter narrows what the filters before it have left.",
    "A chain of if and elif uses only the first one that fits: write one if for each.",
    "The products come from shop.products, and not from a list of your own.",
)
def test_filters_work_together(other_shop, app, api, rng):
    """GET /products combines all filters, with other products on the shelves too."""
    products, wishes = other_shop
    pairs = list(combinations(("q", "category", "min_price", "max_price", "in_stock", "tag"), 2))
    cases = [{name: wishes[n % 2][name] for name in pair} for n, pair in enumerate(pairs)]
    cases += wishes
    for filters in cases:
        sort, offset = rng.choice(list(SORTS)), rng.randint(0, 1)
        found = in_order([p for p in products if matches(p, filters)], sort)
        response = api.get(
            "/products", params={**filters, "sort": sort, "limit": 5, "offset": offset}
        )
        why = (
            f"products.json held {len(products)} other products when the app was imported. "
            f"{len(found)} of them pass every filter that was sent: {' and '.join(filters)}."
        )
        assert response.status_code == 200
        assert response.json()["total"] == len(found), why
        assert response.json() == {
            "items": found[offset : offset + 5],
            "total": len(found),
            "limit": 5,
            "offset": offset,
        }, f"{why} They are sorted by {sort}, and with offset={offset} {offset} of them left out."


def matches(product, params):
    """Does a product pass every filter in `params`?"""
    return (
        params.get("q", "").lower() in product["name"].lower()
        and params.get("category", product["category"]) == product["category"]
        and params.get("min_price", 0) <= product["price_cents"]
        and params.get("max_price", 10**9) >= product["price_cents"]
        and params.get("in_stock", product["stock"] > 0) == (product["stock"] > 0)
        and set(params.get("tag", [])) <= set(product["tags"])
    )


@section("a-path-parameter-with-a-pattern")
@hints(
    "The sku is a part of the path in braces, and a parameter of the function.",
    "Go through products.values() until the sku is the same.",
)
def test_a_product_is_found_by_its_sku(api, shelves):
    """GET /products/by-sku/{sku} returns that product, or 404."""
    for product in shelves:
        response = api.get(f"/products/by-sku/{product['sku']}")
        assert response.status_code == 200
        assert response.json() == product
    for unknown in ("ZZZ-9999", "MUG-9999"):
        response = api.get(f"/products/by-sku/{unknown}")
        assert response.status_code == 404, (
            f"{unknown} could be a sku, but no product has it. That is a 404: the request is "
            "well-formed, and there is nothing there."
        )


@section("a-path-parameter-with-a-pattern")
@needs("test_a_product_is_found_by_its_sku")
@hints(
    "Path() takes a pattern, a regular expression.",
    "A pattern may match anywhere in the text. ^ and $ tie it to both ends.",
    r'sku: Annotated[str, Path(pattern=r"^[A-Z]{3}-[0-9]{4}$")]',
)
def test_a_sku_has_a_pattern(api):
    """GET /products/by-sku/{sku} is 422 for anything that cannot be a sku."""
    for wrong in (
        "mug-0001",
        "MUG0001",
        "MUGS-0001",
        "MUG-00011",
        "MU-0001",
        "MUG-00A1",
        "4",
        "MUG-0001%0A",
    ):
        response = api.get(f"/products/by-sku/{wrong}")
        assert response.status_code == 422, (
            f"{wrong} can never be a sku: that is three letters from A to Z, a hyphen and four "
            "digits, with nothing before or after them."
        )


@section("one-body")
@needs("test_the_list_comes_in_pages", "test_a_product_is_found_by_its_sku")
@hints(
    "A parameter whose type is a Pydantic model is read from the body.",
    "class StockIn(BaseModel) with quantity and reason, and stock: StockIn in the signature.",
    "products[product_id].stock = stock.quantity",
)
def test_the_stock_is_replaced(app, api, shelves, rng):
    """PUT /products/{product_id}/stock sets how many there are."""
    cases = [(rng.randint(200, 900), "Stocktake"), (0, "Mop"), (rng.randint(1, 99), "r" * 100)]
    twin = rng.choice(with_a_twin(shelves))
    there = [product for product in shelves if product["stock"] > 0 and product != twin]
    the_list_shows(api, shelves, UNTOUCHED)
    for (quantity, reason), product in zip(cases, (twin, *rng.sample(there, 2)), strict=True):
        response = api.get(f"/products/by-sku/{product['sku']}")
        assert response.status_code == 200
        response = api.put(
            f"/products/{product['id']}/stock", json={"quantity": quantity, "reason": reason}
        )
        assert response.status_code == 200, (
            "The product exists and the body is right, so its stock is replaced and the answer is "
            "200. Nothing new is created here, which 201 would say."
        )
        assert response.json().keys() == {"product_id", "quantity", "reason"}, (
            "The answer has exactly the keys product_id, quantity and reason."
        )
        assert response.json() == {
            "product_id": product["id"],
            "quantity": quantity,
            "reason": reason,
        }, (
            "The answer says what was done: product_id is the id of the path, and quantity and "
            "reason are the ones that were sent."
        )
        response = api.get(f"/products/by-sku/{product['sku']}")
        assert response.status_code == 200
        assert response.json()["stock"] == quantity, (
            f"PUT has just said that there are {quantity} of this product, and afterwards the "
            "product shows another stock. The answer was given, but nothing was kept, or it was "
            "not replaced but added to."
        )
        shelves = with_change(shelves, product["id"], stock=quantity)
        the_list_shows(api, shelves, one_changed(f"PUT /products/{product['id']}/stock", "stock"))


@section("one-body")
@needs("test_the_stock_is_replaced")
@hints(
    "Field() bounds what a model accepts: ge, min_length, max_length.",
    "An id that no product has: raise HTTPException(404).",
    "quantity: Annotated[int, Field(ge=0)] and reason: Annotated[str, Field(min_length=3, "
    "max_length=100)]",
)
def test_a_stock_that_cannot_be_is_refused(app, api, shelves, rng):
    """PUT /products/{product_id}/stock is 404 or 422 when it cannot be done."""
    product = rng.choice(shelves)
    quantity = product["stock"] + 1
    good = {"quantity": quantity, "reason": "Stocktake"}
    the_list_shows(api, shelves, UNTOUCHED)
    for unknown in (10_000, free_id(shelves, rng)):
        response = api.put(f"/products/{unknown}/stock", json=good)
        assert response.status_code == 404
        the_list_shows(api, shelves, NONE_CHANGED)
    response = api.put("/products/abc/stock", json=good)
    assert response.status_code == 422, ABC
    the_list_shows(api, shelves, NONE_CHANGED)
    for body, why in (
        ({"reason": "Stocktake"}, "quantity is required: without it there is nothing to set."),
        ({"quantity": quantity}, "reason is required: a stock does not change without one."),
        ({**good, "quantity": -1}, "No shelf holds fewer than 0 of a product."),
        ({**good, "quantity": "many"}, "quantity is a whole number."),
        ({**good, "quantity": quantity + 0.5}, "quantity is a whole number."),
        ({**good, "reason": "ab"}, "reason has 3 to 100 characters, and this one has 2."),
        ({**good, "reason": "r" * 101}, "reason has 3 to 100 characters, and this one has 101."),
    ):
        response = api.put(f"/products/{product['id']}/stock", json=body)
        assert response.status_code == 422, f"{why} Say so in the model that reads the body."
        the_list_shows(api, shelves, NONE_CHANGED)


@section("a-header")
@needs("test_the_stock_is_replaced")
@hints(
    "x_request_id: Annotated[UUID | None, Header()] = None reads X-Request-ID: FastAPI turns the "
    "underscores into hyphens.",
    "A parameter response: Response lets the function set headers beside what it returns.",
    'if x_request_id: response.headers["X-Request-ID"] = str(x_request_id)',
)
def test_the_request_id_comes_back(app, api, shelves, rng):
    """PUT /products/{product_id}/stock sends X-Request-ID back."""
    product = rng.choice(shelves)
    path = f"/products/{product['id']}/stock"
    body = {"quantity": product["stock"], "reason": "Stocktake"}
    sent = []
    for version in (4, 4, 1, 7):
        request_id = str(random_uuid(rng, version))
        sent.append(request_id)
        response = api.put(path, json=body, headers={"X-Request-ID": request_id})
        assert response.status_code == 200
        assert response.headers.get("X-Request-ID") == request_id, not_the_same(
            response.headers.get("X-Request-ID"), request_id
        )
    response = api.put(path, json=body)
    assert response.status_code == 200
    assert response.headers.get("X-Request-ID") != "None", (
        'No X-Request-ID was sent, and str(None) came back, the word "None". Set the header only '
        "when there is a value."
    )
    assert response.headers.get("X-Request-ID") not in sent, (
        "No X-Request-ID was sent with this request, and the response has that of an earlier one. "
        "A client would take this answer for that of another request."
    )
    own = response.headers.get("X-Request-ID", sent[0])
    assert as_uuid(own) is not None, (
        f'No X-Request-ID was sent, and the response has "{own}", which is no UUID. Set the header '
        "only when there is a value, or send a UUID of your own."
    )


def random_uuid(rng, version):
    """The module uuid of Python 3.11 makes no UUID of version 7, so the bits are set by hand."""
    bits = rng.getrandbits(128) & ~(0xF << 76) & ~(0b11 << 62)
    return uuid.UUID(int=bits | version << 76 | 0b10 << 62)


def as_uuid(text):
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def not_the_same(text, request_id):
    """Why is this header wrong, when the request had this UUID?"""
    if as_uuid(text or "") == uuid.UUID(request_id):
        return (
            "This is the same UUID in another form: str() of a UUID writes it in lower case, with "
            "hyphens. The type UUID gives you one, however the client has written it."
        )
    return (
        "The request has the header X-Request-ID, and the response does not have the same one. "
        "Read it with Header() and set it on the response: with it a client finds its own "
        "request in the log of the server."
    )


@section("a-header")
@needs("test_the_request_id_comes_back")
@hints("The type of the parameter decides, for a header as for a query parameter: UUID | None.")
def test_a_request_id_is_a_uuid(app, api, shelves, rng):
    """PUT /products/{product_id}/stock reads X-Request-ID as a UUID, and is 422 for other text."""
    product = rng.choice(shelves)
    the_list_shows(api, shelves, UNTOUCHED)
    for wrong in ("42", "z" * 36, "not-a-uuid", "0c5f2b0e-6f4e-4c6e-9a51-3b7a0c1d2e3"):
        response = api.put(
            f"/products/{product['id']}/stock",
            json={"quantity": product["stock"] + 1, "reason": "Stocktake"},
            headers={"X-Request-ID": wrong},
        )
        assert response.status_code == 422, (
            f'"{wrong}" is no UUID. As a str the header may hold anything; the type UUID makes '
            "FastAPI look at it."
        )
        the_list_shows(api, shelves, NONE_CHANGED)
    for form in (str.upper, lambda text: text.replace("-", "")):
        request_id = str(random_uuid(rng, 4))
        response = api.put(
            f"/products/{product['id']}/stock",
            json={"quantity": product["stock"], "reason": "Stocktake"},
            headers={"X-Request-ID": form(request_id)},
        )
        assert response.status_code == 200, (
            f"{form(request_id)} is the UUID {request_id} in another form. A UUID may be written "
            "in upper case, and without hyphens."
        )
        assert response.headers.get("X-Request-ID") == request_id, not_the_same(
            response.headers.get("X-Request-ID"), request_id
        )


@section("several-bodies")
@needs("test_the_list_comes_in_pages", "test_a_product_is_found_by_its_sku")
@hints(
    "Two parameters that are models: each one reads the key of its own name.",
    "A bool alone would be read from the query string: announce: Annotated[bool, Body()] = False.",
    "def change_price(product_id: int, change: Change, approval: Approval, announce: …)",
    "Keep the old price in a variable before you set the new one.",
)
def test_a_price_is_changed(app, api, shelves, rng):
    """POST /products/{product_id}/price-change sets a new price."""
    prices = {product["id"]: product["price_cents"] for product in shelves}
    first = rng.choice(with_a_twin(shelves))
    second = rng.choice([product for product in shelves if product != first])
    the_list_shows(api, shelves, UNTOUCHED)
    for product, new, name, extra in (
        (first, rng.randint(10_000, 99_000), rng.choice(("Noor", "Ana-Maria")), {"announce": True}),
        (second, 1_000_000, "N" * 50, {"announce": False}),
        (first, 1, "Jo", {}),
    ):
        response = api.get(f"/products/by-sku/{product['sku']}")
        assert response.status_code == 200
        body = {"change": {"new_price_cents": new}, "approval": {"approved_by": name}, **extra}
        response = api.post(f"/products/{product['id']}/price-change", json=body)
        assert response.status_code == 201
        keys = {"product_id", "old_price_cents", "new_price_cents", "approved_by", "announce"}
        assert response.json().keys() == keys, (
            "The answer has exactly the keys product_id, old_price_cents, new_price_cents, "
            "approved_by and announce."
        )
        assert response.json()["announce"] is extra.get("announce", False), (
            "announce stands in the body, beside change and approval. A plain bool in a signature "
            "is read from the query string; Body() says otherwise."
            if extra
            else "announce was not sent, and then it is false."
        )
        assert response.json()["old_price_cents"] == prices[product["id"]], (
            "old_price_cents is the price that the product had before this change, after all "
            "changes before it."
        )
        assert response.json() == {
            "product_id": product["id"],
            "old_price_cents": prices[product["id"]],
            "new_price_cents": new,
            "approved_by": name,
            "announce": extra.get("announce", False),
        }, (
            "The answer says what was done: product_id is the id of the path, and new_price_cents "
            "and approved_by are the ones that were sent."
        )
        prices[product["id"]] = new
        response = api.get(f"/products/by-sku/{product['sku']}")
        assert response.status_code == 200
        assert response.json()["price_cents"] == new, (
            "The change was answered with 201, but the product still has another price."
        )
        shelves = with_change(shelves, product["id"], price_cents=new)
        request = f"POST /products/{product['id']}/price-change"
        the_list_shows(api, shelves, one_changed(request, "price"))


@section("several-bodies")
@needs("test_a_price_is_changed")
@hints(
    "Each model has its own bounds; FastAPI looks at all of them before the function runs.",
    "new_price_cents: Annotated[int, Field(ge=1, le=1_000_000)] and approved_by: Annotated[str, "
    "Field(min_length=2, max_length=50)]",
    "An id that no product has: raise HTTPException(404).",
)
def test_a_price_change_that_cannot_be_is_refused(app, api, shelves, rng):
    """POST /products/{product_id}/price-change is 404 or 422 when it cannot be done."""
    product = rng.choice(shelves)
    change = {"new_price_cents": product["price_cents"] + 1}
    approval = {"approved_by": "Noor"}
    good = {"change": change, "approval": approval}
    the_list_shows(api, shelves, UNTOUCHED)
    for unknown in (10_000, free_id(shelves, rng)):
        response = api.post(f"/products/{unknown}/price-change", json=good)
        assert response.status_code == 404
        the_list_shows(api, shelves, NONE_CHANGED)
    response = api.post("/products/abc/price-change", json=good)
    assert response.status_code == 422, ABC
    the_list_shows(api, shelves, NONE_CHANGED)
    for body, why in (
        ({"change": change}, "No price changes without an approval."),
        ({"approval": approval}, "Without a change there is no new price."),
        ({**change, **approval}, "The body has a key change and a key approval, each an object."),
        ({**good, "change": product["price_cents"] + 1}, "change is an object."),
        ({**good, "change": [change]}, "change is an object, and this is a list."),
        ({**good, "approval": "Noor"}, "approval is an object."),
        ({**good, "approval": None}, "approval is an object, and null is none."),
        ({**good, "change": {}}, "new_price_cents is required."),
        ({**good, "change": {"new_price_cents": 0}}, "A price is at least 1 cent."),
        ({**good, "change": {"new_price_cents": 1_000_001}}, "A price is at most 1,000,000 cents."),
        ({**good, "change": {"new_price_cents": "cheap"}}, "A price is a whole number."),
        (
            {**good, "change": {"new_price_cents": product["price_cents"] + 0.5}},
            "A price is a whole number.",
        ),
        ({**good, "approval": {}}, "approved_by is required."),
        ({**good, "approval": {"approved_by": "N"}}, "approved_by has 2 to 50 characters."),
        ({**good, "approval": {"approved_by": "N" * 51}}, "approved_by has 2 to 50 characters."),
        ({**good, "announce": "perhaps"}, "announce is true or false."),
        ({**good, "announce": None}, "announce is true, false or not there at all, never null."),
    ):
        response = api.post(f"/products/{product['id']}/price-change", json=body)
        assert response.status_code == 422, (
            f"{why} This body breaks that rule, so the answer is 422."
        )
        the_list_shows(api, shelves, NONE_CHANGED)


@section("the-documentation")
@hints(
    "FastAPI documents what the signature names. What you take out of the request by hand it "
    "cannot know.",
    "Nine query parameters for GET /products, and Header() for X-Request-ID.",
)
def test_the_docs_name_the_parameters(api):
    """GET /openapi.json names the query parameters and the header."""
    response = api.get("/openapi.json")
    assert response.status_code == 200
    paths = response.json()["paths"]
    documented = {
        (parameter["in"], parameter["name"].lower())
        for path, operations in paths.items()
        for method, operation in operations.items()
        if (method, path.rstrip("/").rpartition("/")[2]) in {("get", "products"), ("put", "stock")}
        for parameter in operation.get("parameters", [])
    }
    missing = {name for name in SEARCH if ("query", name) not in documented}
    assert missing == set(), (
        f"{', '.join(sorted(missing))}: the documentation of GET /products does not name "
        f"{'this query parameter' if len(missing) == 1 else 'these query parameters'}. FastAPI "
        "documents what the signature declares, and nothing that is read from the request by hand."
    )
    headers = {name for place, name in documented if place == "header"}
    assert "x-request-id" in headers, (
        "The documentation of PUT /products/{product_id}/stock does not name the header "
        "X-Request-ID. Declare it with Header(), so that clients know that they may send it."
    )
