import importlib
import os
import secrets
from collections import Counter
from dataclasses import dataclass
from itertools import product as pairs
from string import ascii_lowercase
from types import ModuleType
from typing import Any

import httpx
import pytest

from course.harness import hints, needs, one_app, section

pytestmark = one_app

# The app does not start without a secret.
os.environ["SECRET_KEY"] = secrets.token_hex(16)

V1, V2 = "/api/v1", "/api/v2"
VERSIONS = (V1, V2)
PUBLIC = (("GET", "/products"), ("GET", "/products/{product_id}"))
FOR_USERS = (("GET", "/users/me"),)
FOR_ADMINS = (("POST", "/products"), ("DELETE", "/products/{product_id}"))
GUARDED = FOR_USERS + FOR_ADMINS
EVERY = PUBLIC + GUARDED

DEPRECATION = "@1767225600"
SUNSET = "Fri, 31 Dec 2027 23:59:59 GMT"
ENDING = ("deprecation", "sunset")


@dataclass
class Shop:
    """The learner's running app, with an admin and a user to ask it."""

    api: httpx.Client
    store: ModuleType
    auth: ModuleType
    rng: Any

    def somebody(self, role: str) -> dict[str, str]:
        """The header of a new user with this role."""
        name = f"user{self.rng.randint(10**6, 10**12)}"
        user = self.store.users.add(name, password_hash="never asked for", role=role)
        self.user = user
        return {"Authorization": f"Bearer {self.auth.make_token(user)}"}

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """As an admin, unless it says otherwise."""
        headers = more.pop("headers", None)
        headers = self.somebody("admin") if headers is None else headers
        return self.api.request(method, path, headers=headers, **more)

    def sell(self, version: str, cents: int, name: str = "") -> httpx.Response:
        """A new product, in the form of the version."""
        body = {"name": name or new_name(self.rng), **price(version, cents)}
        return self.ask("POST", f"{version}/products", json=body)

    def sold(self, version: str, cents: int, name: str = "") -> int:
        """The id of a new product."""
        response = self.sell(version, cents, name)
        assert response.status_code == 201
        return response.json()["id"]

    def operation(self, version: str, method: str, path: str, **more: Any) -> httpx.Response:
        """One operation of a version, with what it needs to succeed."""
        if "{product_id}" in path:
            path = path.format(product_id=self.sold(version, 950))
        if method == "POST":
            more = {"json": {"name": new_name(self.rng), **price(version, 950)}} | more
        return self.ask(method, f"{version}{path}", **more)


@pytest.fixture
def shop(api, rng):
    return Shop(api, importlib.import_module("store"), importlib.import_module("auth"), rng)


def new_name(rng):
    return f"{''.join(rng.choices(ascii_lowercase, k=12)).title()} pot"


def names(rng):
    """One that is neither long nor short, the shortest and the longest."""
    return [new_name(rng), *("".join(rng.choices(ascii_lowercase, k=k)) for k in (1, 100))]


def exact(rng):
    """Cents that a float can hold as euros, too: others have checks of their own."""
    return rng.randint(10, 900) * 100 + rng.choice((25, 75))


def text(cents):
    """1205 cents as the text that version 1 shows."""
    return f"{cents // 100}.{cents % 100:02}"


def price(version, cents):
    """The part of a body that says what the product costs."""
    if version == V1:
        return {"price": text(cents)}
    return {"price_cents": cents, "currency": "EUR"}


def shown(version, number, name, cents):
    """The product in the form of the version."""
    return {"id": number, "name": name, **price(version, cents)}


def documents(api):
    """Each OpenAPI document of the app, with what its paths begin with.

    A version that is an app of its own has its own. That of the whole app comes last.
    """
    for prefix in VERSIONS:
        response = api.get(f"{prefix}/openapi.json")
        if response.status_code == 200:
            yield response, prefix
    response = api.get("/openapi.json")
    assert response.status_code == 200
    yield response, ""


def operations(response, prefix):
    """What a document says of each operation, by "GET /api/v1/products"."""
    return {
        f"{method.upper()} {whole(path, prefix)}": operation
        for path, item in response.json()["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict) and "responses" in operation
    }


def whole(path, prefix):
    """The path from the app's root, whatever its parameter is called, and without a last slash."""
    path = path if prefix and path.startswith(f"{prefix}/") else prefix + path
    parts = ["{product_id}" if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts).rstrip("/")


def in_version(operation, version):
    return f"{operation[0]} {version}{operation[1]}"


CONTRACT = {in_version(operation, version) for operation in EVERY for version in VERSIONS}
ALL = CONTRACT | {"GET /health"}


# What has no version ----------------------------------------------------------------------------------


@section("what-has-no-version")
@hints(
    "It is a path operation like any other, with the whole path.",
    '@app.get("/health") in main.py, and return {"status": "ok"}.',
)
def test_health(shop):
    """GET /health answers without a version."""
    response = shop.ask("GET", "/health", headers={})
    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


@section("what-has-no-version")
@hints("main.py of the starter includes the router of the login, without a prefix. Leave it so.")
def test_login(shop):
    """POST /auth/token answers without a version."""
    name, password = f"ada{shop.rng.randint(10**6, 10**12)}", new_name(shop.rng)
    shop.store.users.add(name, password_hash=shop.auth.hasher.hash(password))
    form = {"grant_type": "password", "username": name, "password": password}
    response = shop.api.post("/auth/token", data=form)
    assert response.status_code == 200
    assert response.json()["token_type"] == "bearer"
    assert response.headers.get("deprecation", "not there") == "not there", (
        "The login belongs to no version, so it does not end with version 1."
    )


# The two versions -------------------------------------------------------------------------------------


@section("the-same-router-in-two-places")
@hints(
    "Make a router in routers/users.py, with the prefix /users, and move read_me there.",
    "Include it in a router of each version: v1.include_router(users.router).",
    'v1 = APIRouter(prefix="/api/v1"), and at the end app.include_router(v1).',
)
def test_the_user_in_both(shop):
    """GET /users/me answers the same in both versions."""
    for version, role in pairs(VERSIONS, ("user", "admin")):
        headers = shop.somebody(role)
        response = shop.ask("GET", f"{version}/users/me", headers=headers)
        assert response.status_code == 200
        assert response.json() == {
            "id": shop.user.id,
            "username": shop.user.username,
            "role": role,
        }


def goes_through_one_life(shop, version, name, cents):
    """A product is created, read, listed and deleted, in the form of this version."""
    response = shop.ask("GET", f"{version}/products")
    assert response.status_code == 200
    created = shop.sell(version, cents, name)
    assert created.status_code == 201
    number = created.json()["id"]
    product = shown(version, number, name, cents)
    response = shop.ask("GET", f"{version}/products/{number}")
    assert response.status_code == 200
    assert response.json() == product
    assert created.json() == product
    response = shop.ask("GET", f"{version}/products")
    assert with_id(response, number) == [product], (
        "The list shows each product in the same form as it is shown alone, and each one once."
    )
    response = shop.ask("DELETE", f"{version}/products/{number}")
    assert response.status_code == 204
    assert response.text == "", (
        "204 means No Content: the response ends with its headers. With a body after them, the "
        "server raises an error."
    )
    response = shop.ask("GET", f"{version}/products")
    assert with_id(response, number) == [], (
        f"DELETE {version}/products/{number} has answered 204, and the list still shows it."
    )


def with_id(response, number):
    """What a list shows of one product."""
    return [product for product in response.json() if product["id"] == number]


@section("two-forms-over-one-service")
@needs("test_the_user_in_both")
@hints(
    "These are the functions of main.py, in a router of their own.",
    "The service has Product, with exactly these fields.",
    'NewProductV2 has currency: Literal["EUR"] = "EUR".',
)
def test_products_of_version_2(shop, rng):
    """/api/v2/products has the prices as price_cents and currency."""
    for name in names(rng):
        goes_through_one_life(shop, V2, name, exact(rng))
    body = {"name": new_name(rng), "price_cents": 300}
    response = shop.ask("POST", f"{V2}/products", json=body)
    assert response.status_code == 201
    assert response.json()["currency"] == "EUR"


@section("two-forms-over-one-service")
@needs("test_the_user_in_both")
@hints(
    "Version 1 has models of its own, for what comes in and for what goes out.",
    "Call the same service as version 2, and change the form on the way in and on the way out.",
    'f"{cents // 100}.{cents % 100:02}" makes "12.05" of 1205.',
)
def test_products_of_version_1(shop, rng):
    """/api/v1/products has the prices as texts."""
    for name in names(rng):
        goes_through_one_life(shop, V1, name, exact(rng))


@section("two-forms-over-one-service")
@needs("test_products_of_version_1", "test_products_of_version_2")
@hints(
    "Both versions talk to the same service: from catalog import catalog.",
    "Nothing that is kept belongs into a router.",
)
def test_one_stock(shop, rng):
    """What one version changes, the other one shows."""
    for one, other in ((V1, V2), (V2, V1)):
        name, cents = new_name(rng), exact(rng)
        number = shop.sold(one, cents, name)
        product = shown(other, number, name, cents)
        why = (
            f"The product {number} was made with POST {one}/products. It is one shop: both "
            "versions use the one service."
        )
        response = shop.ask("GET", f"{other}/products/{number}")
        assert response.status_code == 200, why
        assert response.json() == product, why
        response = shop.ask("GET", f"{other}/products")
        assert with_id(response, number) == [product], why
        response = shop.ask("DELETE", f"{other}/products/{number}")
        assert response.status_code == 204
        response = shop.ask("GET", f"{one}/products")
        assert with_id(response, number) == [], (
            f"DELETE {other}/products/{number} has answered 204, and {one} still shows it."
        )


@section("two-forms-over-one-service")
@needs("test_one_stock")
@hints(
    "catalog.all() gives all products. Show each of them.",
    "A limit, or a page, is something new. A published version has no place for it.",
)
def test_the_list_has_all(shop):
    """GET /products lists all products, however many there are."""
    admin = shop.somebody("admin")
    path = f"{V2}/products"
    body = {"name": "Clay pot", "price_cents": 300}
    made = [shop.ask("POST", path, headers=admin, json=body).json()["id"] for _ in range(120)]
    for version in VERSIONS:
        response = shop.ask("GET", f"{version}/products", headers=admin)
        assert response.status_code == 200
        listed = {product["id"] for product in response.json()}
        assert len(listed.intersection(made)) == len(made), (
            f"There are {len(made)} new products, and the list does not show all of them. The old "
            "programs know of no second page."
        )
    for number in made:
        shop.ask("DELETE", f"{path}/{number}", headers=admin)


PRICES = (0, 5, 29, 58, 115, 435, 1000, 1200, 1205, 1250, 1999, 100_000_050)


@section("money-is-no-float")
@needs("test_one_stock")
@hints(
    "The text always has two digits after the point, also when they are zeros.",
    "1205 cents are 12 euros and 5 cents: divmod(1205, 100). Five cents are 05.",
)
def test_cents_become_texts(shop, rng):
    """A price of version 2 is the right text in version 1."""
    for cents in (*PRICES, rng.randint(100, 99_999)):
        number = shop.sold(V2, cents)
        response = shop.ask("GET", f"{V1}/products/{number}")
        assert response.status_code == 200
        why = f"{cents} cents are {text(cents)}: the euros, a point, and always two digits."
        assert response.json()["price"] == text(cents), why
        response = shop.ask("GET", f"{V1}/products")
        assert [product["price"] for product in with_id(response, number)] == [text(cents)], why


@section("money-is-no-float")
@needs("test_one_stock")
@hints(
    "0.29 * 100 is 28.999999999999996 when it is a float, and int() cuts that off.",
    "Decimal counts in tens, as you do: int(Decimal(price) * 100).",
)
def test_texts_become_cents(shop, rng):
    """A price of version 1 is the right number of cents in version 2."""
    for cents in (*PRICES, rng.randint(100, 99_999)):
        created = shop.sell(V1, cents)
        assert created.status_code == 201
        response = shop.ask("GET", f"{V2}/products/{created.json()['id']}")
        assert response.status_code == 200
        assert response.json()["price_cents"] == cents, (
            f'Version 1 was told "{text(cents)}". That is {cents} cents, to the cent. A float '
            "cannot hold most prices, and the shop loses a cent here and there."
        )
        assert created.json()["price"] == text(cents), (
            f"{cents} cents are {text(cents)}, also in the answer to POST."
        )


@section("money-is-no-float")
@needs("test_texts_become_cents")
@hints(
    'The point may stand elsewhere than you think: "12.5" without it is 125.',
    "price: Annotated[Decimal, Field(ge=0, decimal_places=2)], and int(price * 100)",
)
def test_other_forms(shop):
    """Another form of a price is refused, or it is worth what it says."""
    for form, cents in {"12.5": 1250, "7": 700, "0.5": 50}.items():
        body = {"name": new_name(shop.rng), "price": form}
        response = shop.ask("POST", f"{V1}/products", json=body)
        assert response.status_code in (201, 422)
        if response.status_code == 422:
            continue
        why = f'Version 1 was told "{form}", and took it. That is {text(cents)}, as for everybody.'
        assert response.json()["price"] == text(cents), why
        response = shop.ask("GET", f"{V2}/products/{response.json()['id']}")
        assert response.status_code == 200
        assert response.json()["price_cents"] == cents, why


BAD_PRICES = {
    "12.505": "Rounding it would be a guess",
    "-1": "A price is not negative",
    "-0.01": "A price is not negative",
    "cheap": "This is no price",
    "": "This is no price",
    "NaN": "NaN is a float, and no price",
    "Infinity": "Infinity is a float, and no price",
}


def refuses(shop, version, changes, why):
    """422 for a body that is fine but for these fields, and no new product. `...` leaves one out."""
    before = shop.ask("GET", f"{version}/products").json()
    body = {**price(version, 950), "name": "Clay pot", **changes}
    body = {name: value for name, value in body.items() if value is not ...}
    response = shop.ask("POST", f"{version}/products", json=body)
    assert response.status_code == 422, f"{why}: refuse it."
    response = shop.ask("GET", f"{version}/products")
    assert response.json() == before, "The body was refused, and there is a new product."


@section("money-is-no-float")
@needs("test_products_of_version_1")
@hints(
    "Let the model check the text, so that a bad one never reaches your function.",
    "price: Annotated[Decimal, Field(ge=0, decimal_places=2)]",
)
def test_version_1_refuses(shop):
    """POST /api/v1/products refuses what is no price, with 422."""
    for bad, why in BAD_PRICES.items():
        refuses(shop, V1, {"price": bad}, why)
    refuses(shop, V1, {"price": ..., "price_cents": 950}, "Version 1 wants price")
    for name in ("", "a" * 101):
        refuses(shop, V1, {"name": name}, "A name has 1 to 100 characters")


@section("two-forms-over-one-service")
@needs("test_products_of_version_2")
@hints('The shop sells in euros only: Literal["EUR"].', "price_cents is an int, with ge=0.")
def test_version_2_refuses(shop):
    """POST /api/v2/products refuses what breaks its rules, with 422."""
    for bad in (-1, 9.5, "cheap"):
        refuses(shop, V2, {"price_cents": bad}, "Cents are whole numbers, and not negative")
    refuses(
        shop,
        V2,
        {"price_cents": ..., "price": "9.50"},
        "Version 2 wants price_cents",
    )
    for currency in ("USD", "eur", None):
        refuses(shop, V2, {"currency": currency}, "The shop's one currency is EUR")
    for name in ("", "a" * 101):
        refuses(shop, V2, {"name": name}, "A name has 1 to 100 characters")


@section("mounting-an-app")
@needs("test_one_stock")
@hints(
    "The service raises UnknownProduct, and main.py of the starter makes a 404 of it.",
    "An exception handler counts for the app that has it, and not for apps that are mounted.",
)
def test_unknown_products(shop):
    """An unknown product is 404 in both versions."""
    for version in VERSIONS:
        for method in ("GET", "DELETE"):
            response = shop.ask(method, f"{version}/products/99999999")
            assert response.status_code == 404, (
                "The service raises UnknownProduct, and an exception handler makes a 404 of it. It "
                "works for the app that has it: an app that is mounted needs one of its own."
            )


# The same authorisation -------------------------------------------------------------------------------


@section("one-guard-for-both")
@needs("test_one_stock")
@hints("Only POST and DELETE need an admin, so the guard is no matter of the whole router.")
def test_looking_needs_no_token(shop):
    """Everybody may look at the products, in both versions."""
    for version in VERSIONS:
        for operation in PUBLIC:
            response = shop.operation(version, *operation, headers={})
            assert response.status_code == 200, (
                f"{in_version(operation, version)} needs no token: it did not before there were "
                "versions. The guard stands on too many operations."
            )


def stock(shop, version):
    return shop.ask("GET", f"{version}/products").json()


@section("one-guard-for-both")
@needs("test_one_stock")
@hints(
    "A guard counts for the router, or the path operation, that it stands on.",
    "dependencies=[Depends(require_admin)] in both modules of products, at POST and at DELETE.",
)
def test_401_in_both(shop):
    """Without a token that counts, both versions answer 401."""
    for version in VERSIONS:
        for operation in GUARDED:
            for headers in ({}, {"Authorization": "Bearer nonsense"}):
                response = shop.operation(version, *operation, headers=headers)
                assert response.status_code == 401, (
                    f"{in_version(operation, version)} was asked without a token that counts. A guard "
                    "that is missing in one version is missing for everybody: they use that one."
                )


@section("one-guard-for-both")
@needs("test_401_in_both", "test_the_list_has_all")
@hints("require_admin asks for the role, CurrentUser does not.")
def test_403_in_both(shop):
    """A user who is no admin cannot change products, in neither version."""
    for version in VERSIONS:
        for operation in FOR_ADMINS:
            before = len(stock(shop, version)) + (operation[0] == "DELETE")
            response = shop.operation(version, *operation, headers=shop.somebody("user"))
            assert response.status_code == 403, "This user is no admin, and was let in."
            assert len(stock(shop, version)) == before, (
                f"{in_version(operation, version)} has answered 403, and the products have changed."
            )


# The paths --------------------------------------------------------------------------------------------


@section("prefixes-add-up")
@needs("test_one_stock")
@hints(
    'Under a router with a prefix, the path of the list is "", and not "/".',
    '@router.get("") and @router.post("", status_code=201).',
)
def test_no_redirects(shop):
    """Each path answers itself, and does not redirect."""
    for version in VERSIONS:
        for operation in EVERY:
            response = shop.operation(version, *operation, follow_redirects=False)
            assert response.status_code in (200, 201, 204), (
                f"{in_version(operation, version)} was sent on to {response.headers.get('location')}. "
                "That costs a second request, and behind a proxy it can lead to another host, "
                "where the client no longer sends its token."
            )


@section("no-leftovers")
@needs("test_one_stock")
@hints(
    "Whatever moves into a version goes away where it was.",
    "main.py has no @app.get for products and users any more, and includes only v1 and v2.",
)
def test_nothing_without_a_version(shop):
    """The paths without a version are gone."""
    number = shop.sold(V2, 300)
    body = {"name": "Clay pot", **price(V1, 300), **price(V2, 300)}
    for method, path in EVERY:
        more = {"json": body} if method == "POST" else {}
        response = shop.ask(method, path.format(product_id=number), headers={}, **more)
        assert response.status_code in (404, 405), (
            f"{method} {path} is a path of the old app. If it stays, programs go on using it, and "
            "nobody has said how long it lives."
        )


UNKNOWN = ("/api/v3", "/api/v0", "/api/v10", "/api/V1", "/api/latest")


@section("no-leftovers")
@needs("test_one_stock")
@hints(
    "A version is a fixed part of the path, and no parameter.",
    "Nothing but /api/v1 and /api/v2 has products.",
)
def test_unknown_versions(shop):
    """There is no version 0, 3 or 10."""
    for version in (*UNKNOWN, "/api", "/v1", "/v2"):
        for path in ("/products", "/users/me"):
            response = shop.ask("GET", f"{version}{path}", headers={})
            assert response.status_code == 404, (
                f"There is no {version}. Only 404 says so: any other status says that there is "
                "something."
            )


TWICE = (
    "/api/v1/products/products",
    "/api/v2/products/products",
    "/api/v1/users/users/me",
    "/api/v2/users/users/me",
    "/api/v1/api/v1/products",
    "/api/v2/api/v2/products",
    "/api/api/v1/products",
    "/api/v1/v1/products",
    "/api/v2/v2/products",
    "/api/v1/v2/products",
    "/api/v2/v1/products",
)


@section("prefixes-add-up")
@needs("test_nothing_without_a_version", "test_unknown_versions")
@hints(
    "Look at /docs: each operation stands there once for each version.",
    "A prefix stands in one place: with the router, or where it is included.",
)
def test_no_part_twice(shop):
    """No operation has a second path."""
    for path in TWICE:
        response = shop.ask("GET", path)
        assert response.status_code in (404, 405, 422), (
            f"{path} answers: one part of it stands there twice. A router, or one inside it, is "
            "included in two places, and its prefixes add up."
        )
    form = {"grant_type": "password", "username": "nobody", "password": "nothing"}
    for version in VERSIONS:
        for method, path, more in (("GET", "/health", {}), ("POST", "/auth/token", {"data": form})):
            response = shop.api.request(method, f"{version}{path}", **more)
            assert response.status_code in (404, 405, 422), (
                f"{path} belongs to no version. A second one ends with the version that it is in, "
                "and who has found it there must move away."
            )
    for response, prefix in documents(shop.api):
        assert strangers(response, prefix) == [], (
            "OpenAPI has an operation that is none of the ten. A router is included in one place "
            "too many, or a prefix stands in two places and both are added."
        )


def strangers(response, prefix):
    """The operations of a document that have to do with products or users, and are none of the ten."""
    named = operations(response, prefix).keys() - CONTRACT
    return sorted(name for name in named if {"products", "users"} & set(name.split("/")))


# The end of version 1 ---------------------------------------------------------------------------------


ONLY_HERE = (
    "Other answers of version 1 have it. What is set on the parameter response does not get into a "
    "Response of your own."
)


def why_deprecation(value, first):
    if value is None and not first:
        return ONLY_HERE
    if value is None:
        return (
            "The answer does not have the header Deprecation. deprecated=True is for OpenAPI, which "
            "people read. A program reads headers, on every success of version 1."
        )
    if not value.startswith("@"):
        return (
            "Deprecation is a date, and its form is that of RFC 9745: @ and the seconds since 1970 "
            'in UTC. "true" was the form of an early draft, and other dates are not read.'
        )
    return (
        "Deprecated since 1 January 2026 at 00:00:00 UTC, in whole seconds since 1970, and said "
        "once: datetime(2026, 1, 1, tzinfo=UTC).timestamp(). Without tzinfo it is local time."
    )


def why_sunset(value):
    if value is None:
        return "Each success of version 1 says when it ends: a program may use one operation only."
    return (
        "The end is 31 December 2027 at 23:59:59 UTC, said once, in the form of dates in HTTP: "
        "format_datetime(…, usegmt=True) of email.utils makes it, with GMT at the end."
    )


@section("saying-when-it-ends")
@needs("test_one_stock")
@hints(
    "A dependency with a parameter response: Response can set headers on the answer.",
    "APIRouter(prefix=…, dependencies=[Depends(announce_the_end)]) is for all of a version.",
    "@ and the seconds since 1970: int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()).",
)
def test_deprecation(shop):
    """Every success of version 1 has the header Deprecation."""
    for operation in EVERY:
        headers = {} if operation in PUBLIC else None
        response = shop.operation(V1, *operation, headers=headers)
        assert response.status_code in (200, 201, 204)
        value = response.headers.get("deprecation")
        assert response.headers.get("deprecation") == DEPRECATION, why_deprecation(
            value, first=operation == EVERY[0]
        )


@section("saying-when-it-ends")
@needs("test_deprecation")
@hints(
    "Its form is the one of the header Date, an HTTP-date.",
    "from email.utils import format_datetime",
    "format_datetime(datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC), usegmt=True)",
)
def test_sunset(shop):
    """Every success of version 1 has the header Sunset."""
    for operation in EVERY:
        headers = {} if operation in PUBLIC else None
        response = shop.operation(V1, *operation, headers=headers)
        assert response.status_code in (200, 201, 204)
        value = response.headers.get("sunset")
        assert response.headers.get("sunset") == SUNSET, why_sunset(value)


ELSEWHERE = (
    "/api/v3/products",
    "/api/v10/products",
    "/v1/products",
    "/api/v2/v1/products",
    "/health",
)


@section("saying-when-it-ends")
@needs("test_sunset")
@hints(
    "Put what sets the headers on version 1, and not on the app or on a router of both versions.",
    'A path that begins with "/api/v1" can also be one of "/api/v10". Look for "/api/v1/".',
)
def test_nothing_else_ends(shop):
    """Only version 1 has these headers."""
    why = "Only version 1 is deprecated. Whoever reads this moves away from what is to stay."
    for operation in EVERY:
        response = shop.operation(V2, *operation)
        assert response.headers.get("deprecation", "not there") == "not there", why
        assert response.headers.get("sunset", "not there") == "not there", why
    for path in ELSEWHERE:
        response = shop.api.get(path)
        given = {name: response.headers[name] for name in ENDING if name in response.headers}
        assert given == {}, (
            "This is none of version 1, and its answer has these headers. One day there may be "
            "such a path. Does something look for paths that begin with /api/v1, or that hold /v1?"
        )


# OpenAPI ----------------------------------------------------------------------------------------------


@section("openapi-of-two-versions")
@needs("test_one_stock")
@hints(
    "Operations of an app that is mounted stand in that app's own /openapi.json.",
    "Leave openapi_url, docs_url and include_in_schema as they are.",
)
def test_openapi_has_all(shop):
    """OpenAPI has the ten operations, and /health."""
    named = set()
    for response, prefix in documents(shop.api):
        named |= operations(response, prefix).keys()
    missing = sorted(ALL - named)
    assert missing == [], (
        "An operation is not in OpenAPI. /docs and generated clients know only what stands there: "
        "in /openapi.json or, if a version is an app of its own, in the one of that app."
    )


@section("openapi-of-two-versions")
@needs("test_openapi_has_all")
@hints(
    "deprecated is a parameter of the decorators, of APIRouter and of include_router.",
    'APIRouter(prefix="/api/v1", deprecated=True)',
)
def test_openapi_says_deprecated(shop):
    """In OpenAPI the operations of version 1 are deprecated, and no others."""
    for response, prefix in documents(shop.api):
        of_v1 = {name for name in CONTRACT if f" {V1}/" in name}
        assert wrong(response, prefix, "deprecated", of_v1) == [], (
            "Exactly the operations of version 1 are deprecated. With these it is the other way "
            "round: /docs crosses them out, or does not, and generated clients warn, or do not."
        )


def wrong(response, prefix, key, meant):
    """The operations of the contract of which a document says this and must not, or the reverse."""
    return [
        name
        for name, said in operations(response, prefix).items()
        if name in ALL and bool(said.get(key)) != (name in meant)
    ]


@section("openapi-of-two-versions")
@needs("test_openapi_has_all")
@hints(
    "FastAPI makes an operationId of the function's name and the whole path.",
    "Leave operation_id= away: with a router in two places it comes twice.",
    "One path operation with two methods also gives one name to both: make two of it.",
)
def test_operation_ids(shop):
    """No operationId comes twice."""
    for response, prefix in documents(shop.api):
        assert twice(response, prefix) == [], (
            "An operationId is the name of one operation. Generated clients make a method of each: "
            "of two with the same name, only one is left."
        )


def twice(response, prefix):
    """Each operationId that stands in a document more than once."""
    ids = Counter(said.get("operationId") for said in operations(response, prefix).values())
    return [name for name, times in ids.items() if name and times > 1]


@section("openapi-of-two-versions")
@needs("test_openapi_has_all")
@hints("The guards of auth.py say so themselves, when they are dependencies.")
def test_openapi_shows_the_locks(shop):
    """OpenAPI shows the same locks in both versions."""
    guarded = {in_version(operation, version) for operation in GUARDED for version in VERSIONS}
    for response, prefix in documents(shop.api):
        assert wrong(response, prefix, "security", guarded) == [], (
            "These need a token, and have no lock in OpenAPI and in /docs; or the other way round."
        )


@section("openapi-of-two-versions")
@needs("test_openapi_has_all")
@hints("docs_url of the app, or of each mounted app, stays as FastAPI has it.")
def test_docs(shop):
    """/docs shows the operations."""
    for _, prefix in documents(shop.api):
        response = shop.api.get(f"{prefix}/docs")
        assert response.status_code == 200, (
            f"{prefix}/docs is the page for people. Where {prefix}/openapi.json is, it is too."
        )
        assert f"{prefix}/openapi.json" in response.text, "The page has to read its openapi.json."
