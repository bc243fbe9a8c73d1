import importlib
import itertools
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from starlette.responses import PlainTextResponse

from course.harness import hints, needs, section

READS = ("/info", "/products", "/products/3")
HEADER = "X-API-Key"
NONE_OPEN = "no repo is open"
GUESSES = ("None", "changeme", "change-me", "secret", "test", "dev", "admin", "key", "api_key")


@pytest.fixture(autouse=True)
def environment(monkeypatch, rng):
    """What the environment says before main.py is imported: a new key and a new maximum."""
    key = "Key-" + "".join(rng.choices("abcdefghKLMNPQRS0123456789", k=20))
    page_max = rng.randint(4, 9)
    monkeypatch.setenv("SHOP_API_KEY", key)
    monkeypatch.setenv("SHOP_PAGE_MAX", str(page_max))
    return SimpleNamespace(key=key, page_max=page_max, headers={HEADER: key})


@pytest.fixture
def nothing_set(environment, monkeypatch, folder):
    monkeypatch.delenv("SHOP_API_KEY")
    monkeypatch.delenv("SHOP_PAGE_MAX")
    (folder / ".env").unlink(missing_ok=True)


@pytest.fixture
def empty_key(environment, monkeypatch):
    monkeypatch.setenv("SHOP_API_KEY", "")


@pytest.fixture
def store(app):
    """The module that the lesson provides, as the app has imported it."""
    return importlib.import_module("store")


class OtherRepo:
    """Stands in for a Repo: other products, no connection, nothing in the log."""

    def __init__(self, store, rng):
        self.id = rng.randint(10_000, 99_999)
        fields = {"sku": "OTH-0001", "name": f"Other {self.id}", "price_cents": 7}
        self.products = {n: store.Product(id=n, **fields) for n in (rng.randint(40, 60), 77)}

    def page(self, limit, offset):
        return list(self.products.values())[offset : offset + limit]

    def count(self):
        return len(self.products)

    def get(self, product_id):
        return self.products.get(product_id)

    def add(self, new):
        return self.replace(78, new)

    def replace(self, product_id, new):
        product = type(self.products[77])(id=product_id, **new.model_dump(exclude={"id"}))
        self.products[product_id] = product
        return product

    def delete(self, product_id):
        del self.products[product_id]

    def close(self):
        pass


@dataclass
class OtherSettings:
    """What the page promises of the settings, and no more."""

    page_max: int
    api_key: str

    def __getattr__(self, name):
        raise AttributeError(f"the settings have api_key and page_max, and no {name}")


def settings(page_max, api_key):
    return lambda: OtherSettings(page_max, api_key)


def new_product(rng, **fields):
    return {
        "sku": f"NEW-{rng.randint(1, 9999):04}",
        "name": f"New thing {rng.randint(1, 9999)}",
        "price_cents": rng.randint(1, 9999),
        "description": rng.choice(("Made of oak", None)),
        **fields,
    }


def writes(rng):
    """Every write, with all that it needs but the key."""
    return (
        ("POST", "/products", {"json": new_product(rng)}),
        ("PUT", "/products/3", {"json": new_product(rng)}),
        ("DELETE", "/products/3", {}),
    )


def requests(rng):
    return [*(("GET", path, {}) for path in READS), *writes(rng)]


def moment(text):
    """The point in time that a text in a response stands for."""
    assert type(text) is str, (
        "now is a point in time, and JSON has no type for that: it is written as a text, as in "
        '"2026-11-22T12:00:00Z". FastAPI writes a datetime so by itself.'
    )
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    form = "ISO 8601" if found else "another form"
    assert form == "ISO 8601", (
        'now is not written as ISO 8601 says, as in "2026-11-22T12:00:00Z". FastAPI writes a '
        "datetime so by itself: return the datetime."
    )
    zone = "with a zone" if found.tzinfo else "without a zone"
    assert zone == "with a zone", (
        "now has no time zone: there is neither Z nor +00:00 at its end, so it means another moment "
        "in each country. datetime.now() makes such a time, and datetime.now(UTC) one with a zone."
    )
    return found


def shop(store):
    """All products, read past the app."""
    repo = store.Repo.open()
    try:
        return [product.model_dump() for product in repo.page(100, 0)]
    finally:
        repo.close()


def opened(log):
    return sum(line.startswith("open") for line in log)


def left_open(log):
    """Which repos were opened and not closed, in words."""
    closed = [line.split()[1] for line in log if line.startswith("close")]
    opened = [line.split()[1] for line in log if line.startswith("open")]
    left = [number for number in opened if number not in closed]
    return f"open: {', '.join(left)}" if left else NONE_OPEN


@section("guarding-the-writes")
@hints("The reads have no key: declare the dependency on the writes only, not on the app.")
def test_reading_needs_no_key(api):
    """GET needs no key."""
    for path in READS:
        for headers in ({}, {HEADER: "wrong"}, {HEADER: ""}):
            response = api.get(path, headers=headers)
            assert response.status_code != 401, (
                f"GET {path} only reads, and everyone may look into the shop window. A key that is "
                "sent all the same is not looked at."
            )


# Settings ------------------------------------------------------------------------------------------


@section("settings")
@hints(
    "A class Settings(BaseSettings) has one field for each variable, and a prefix for all of them.",
    'model_config = SettingsConfigDict(env_prefix="SHOP_") and page_max: int = 50',
    "get_settings() returns Settings(). The endpoint asks for it: "
    "settings: Annotated[Settings, Depends(get_settings)].",
)
def test_the_environment_sets_the_maximum(api, environment):
    """GET /info shows SHOP_PAGE_MAX as page_max."""
    response = api.get("/info")
    assert response.status_code == 200
    as_text = response.json().get("page_max") == str(environment.page_max)
    assert response.json()["page_max"] == environment.page_max, (
        "What stands in the environment is text. In a field of the type int, pydantic-settings "
        "makes a number of it."
        if as_text
        else f"Before main.py was imported, the check set SHOP_PAGE_MAX={environment.page_max} in "
        "the environment, and GET /info does not show it as page_max. A field page_max reads this "
        'variable when the settings have the prefix: SettingsConfigDict(env_prefix="SHOP_").'
    )


@section("settings")
@needs("test_the_environment_sets_the_maximum")
@hints(
    "A field with a default may be missing in the environment.",
    'page_max: int = 50 and api_key: str = ""',
)
def test_nothing_needs_to_be_set(nothing_set, api):
    """Without SHOP_API_KEY and SHOP_PAGE_MAX, the shop can be read and page_max is 50."""
    for path in READS:
        response = api.get(path)
        assert response.status_code == 200
    response = api.get("/info")
    assert response.json()["page_max"] == 50, (
        "SHOP_PAGE_MAX is not set. Then page_max is 50: the default of the field."
    )


@section("guarding-the-writes")
@hints(
    "A header parameter: x_api_key: Annotated[str | None, Header()] = None. The key that it must "
    "equal comes from the settings.",
    "Nothing of what the writes do has changed: compare with the starter.",
)
def test_a_write_with_the_key_works(api, store, environment, rng):
    """POST, PUT and DELETE work with the right X-API-Key."""
    new, changed = new_product(rng), new_product(rng)
    response = api.post("/products", headers=environment.headers, json=new)
    assert response.status_code != 401, (
        "SHOP_API_KEY is set, and the request carries the same key in the header X-API-Key. Is it "
        "read from there (Header(), in a parameter x_api_key), and compared with api_key of the "
        "settings?"
    )
    assert response.status_code == 201
    assert response.json() == {"id": 13, **new}
    response = api.get("/products/13")
    assert response.status_code == 200
    assert response.json() == {"id": 13, **new}
    response = api.put("/products/13", headers=environment.headers, json=changed)
    assert response.status_code == 200
    assert response.json() == {"id": 13, **changed}
    before = shop(store)
    assert before[-1] == {"id": 13, **changed}, (
        "PUT /products/13 answered as if the product had been replaced, and the shop still has it "
        "as it was."
    )
    response = api.delete("/products/13", headers=environment.headers)
    assert response.status_code == 204
    assert response.text == "", "204 says that there is no body."
    assert shop(store) == before[:-1], (
        "After DELETE /products/13 the shop must have all its products but this one."
    )
    for method, given in (("GET", {}), ("PUT", {"json": new}), ("DELETE", {})):
        response = api.request(method, "/products/13", headers=environment.headers, **given)
        assert response.status_code == 404
    for given in ({"json": {"name": "Nothing else"}}, {"json": new_product(rng, price_cents=-1)}):
        response = api.post("/products", headers=environment.headers, **given)
        assert response.status_code == 422, (
            "The key is right, but this is no product: the body is checked as before."
        )


@section("replacing-a-dependency")
@needs("test_the_environment_sets_the_maximum")
@hints(
    "A call of get_settings() is an ordinary call: FastAPI knows nothing of it.",
    "settings: Annotated[Settings, Depends(get_settings)] in the signature, and no other use.",
)
def test_the_settings_can_be_replaced(api, override, environment, rng):
    """GET /info shows other settings when get_settings is replaced."""
    other = environment.page_max + rng.randint(100, 900)
    override("get_settings", settings(other, "some key"))
    response = api.get("/info")
    assert response.status_code == 200
    assert response.json()["page_max"] == other, (
        f"get_settings was replaced by one with page_max={other}. FastAPI replaces only what it "
        "calls itself, through Depends(get_settings). Settings from a call in the function, or "
        "a variable of the module, stay: a test of your shop would run with the real ones."
    )


# Pagination ----------------------------------------------------------------------------------------


@section("a-dependency-with-parameters")
@needs("test_the_environment_sets_the_maximum")
@hints(
    "The maximum is not known when the function is defined, so it cannot stand in Query(le=…).",
    "Compare in the dependency: if limit > settings.page_max, raise HTTPException(422, …).",
)
def test_the_maximum_bounds_the_limit(api, environment):
    """GET /products takes a limit up to page_max, and an offset."""
    top = environment.page_max
    for limit, offset in ((top, 0), (top - 1, 2), (1, 11), (2, 12), (1, 100)):
        response = api.get("/products", params={"limit": limit, "offset": offset})
        assert response.status_code == 200, (
            f"SHOP_PAGE_MAX is {top}: every limit from 1 to {top} is fine, {top} itself included."
        )
        expected = list(range(1, 13))[offset : offset + limit]
        assert [product["id"] for product in response.json()["items"]] == expected, (
            f"The page does not hold the next {limit} of the 12 products after the first {offset}."
        )
        assert response.json()["limit"] == limit
        assert response.json()["offset"] == offset
        assert response.json()["total"] == 12
    for params in ({"limit": top + 1}, {"limit": 1000}):
        response = api.get("/products", params=params)
        assert response.status_code == 422, (
            f"SHOP_PAGE_MAX is {top} and this limit is more. Whoever asks for more than the "
            "maximum is told so with 422: a shorter page than was asked for would look like the "
            "end of the list."
        )
    for params in ({"limit": 0}, {"limit": -1}, {"offset": -1}, {"limit": "some"}):
        response = api.get("/products", params=params)
        assert response.status_code == 422, (
            "A limit is a whole number from 1, an offset one from 0, as before."
        )


@section("a-dependency-with-parameters")
@needs("test_the_maximum_bounds_the_limit", "test_the_settings_can_be_replaced")
@hints(
    "limit: … | None = None tells you whether a limit was sent.",
    "min(20, settings.page_max) when it was not.",
)
def test_the_default_keeps_to_the_maximum(api, override):
    """GET /products without a limit shows 20 products, or page_max when that is less."""
    for page_max in (1, 19, 20, 21, 200):
        override("get_settings", settings(page_max, "some key"))
        response = api.get("/products")
        assert response.status_code == 200, (
            f"page_max is {page_max}, and this request names no limit at all: it cannot be wrong."
        )
        assert response.json()["limit"] == min(20, page_max), (
            f"page_max is {page_max}. Without a limit in the request, the limit is the smaller one "
            f"of 20 and page_max: {min(20, page_max)}."
        )
        assert len(response.json()["items"]) == min(12, page_max), (
            f"The limit is {min(20, page_max)} and there are 12 products, so this page holds "
            f"{min(12, page_max)} of them."
        )


@section("replacing-a-dependency")
@needs("test_the_maximum_bounds_the_limit", "test_the_settings_can_be_replaced")
@hints(
    "The dependency for the page depends on get_settings itself: a dependency may have "
    "dependencies.",
    "def get_page(settings: Annotated[Settings, Depends(get_settings)], limit: …, offset: …)",
)
def test_the_page_follows_replaced_settings(api, override, environment, rng):
    """GET /products takes its maximum from get_settings, also when that is replaced."""
    for page_max in (rng.randint(1, 3), environment.page_max + rng.randint(20, 90)):
        override("get_settings", settings(page_max, "some key"))
        for limit, status in ((page_max, 200), (page_max + 1, 422)):
            response = api.get("/products", params={"limit": limit})
            assert response.status_code == status, (
                f"The check replaced get_settings by a function with page_max={page_max}. GET "
                "/info follows that, and GET /products does not: its maximum comes from "
                "somewhere else, or was read once and kept."
            )


# The time ------------------------------------------------------------------------------------------


@section("the-time")
@hints(
    "def get_now() -> datetime returns the time, and the endpoint asks for it with Depends().",
    "datetime.now(UTC), and not datetime.now(), which has no time zone.",
)
def test_info_shows_the_time(api):
    """GET /info shows the present time, with its zone, as now."""
    margin = timedelta(milliseconds=5)
    for _ in range(2):
        time.sleep(0.03)  # what was read earlier is now too old
        before = datetime.now(UTC)
        response = api.get("/info")
        after = datetime.now(UTC)
        assert response.status_code == 200
        now = moment(response.json()["now"])
        why = (
            "now is the time at which this request is answered: not rounded, not of another zone, "
            "and not read once and kept, as a default value or a cache would."
        )
        assert now >= before - margin, why
        assert now <= after + margin, why


@section("the-time")
@needs("test_info_shows_the_time")
@hints("now: Annotated[datetime, Depends(get_now)], and no datetime.now() in the endpoint.")
def test_the_time_can_be_replaced(api, override, rng):
    """GET /info shows another time when get_now is replaced."""
    zone = timezone(timedelta(hours=rng.choice((-5, 2, 9))))
    for year, tz in ((2031, UTC), (1999, zone)):
        then = datetime(year, rng.randint(1, 12), rng.randint(1, 28), 12, 30, tzinfo=tz)
        override("get_now", lambda then=then: then)
        response = api.get("/info")
        assert response.status_code == 200
        assert moment(response.json()["now"]) == then, (
            f"The check replaced get_now by a function that always says {then.isoformat()}, and "
            "GET /info says another time. It does not get its time through Depends(get_now). With "
            "a time that nobody can set, nobody can test what the shop does at midnight."
        )


# The repo ------------------------------------------------------------------------------------------


@section("a-dependency-with-yield")
@hints(
    "The starter opens one Repo when main.py is imported. Open it in get_repo() instead.",
    "repo = Repo.open() inside get_repo, and repo: Annotated[Repo, Depends(get_repo)] in every "
    "function that needs one.",
)
def test_nothing_is_opened_before_a_request(api, store):
    """No repo is opened before the first request."""
    assert store.log == [], (
        "The app has started, nobody has asked anything, and a repo is open. What stands at the "
        "top of the file, or in a default value, runs once, when main.py is imported: all requests "
        "would share this repo, and none of them could close it."
    )
    response = api.get("/info")
    assert response.status_code == 200


@section("one-repo-for-each-request")
@needs("test_nothing_is_opened_before_a_request", "test_a_write_with_the_key_works")
@hints(
    "Whoever needs the repo asks for it with Depends(get_repo), also another dependency. FastAPI "
    "calls get_repo once for a request and hands the same object to all.",
    "No second Repo.open() anywhere, no use_cache=False, one way of writing Depends(get_repo).",
)
def test_each_request_has_one_repo(api, store, environment, rng):
    """Each request opens one repo, and only one."""
    for method, path, given in requests(rng):
        before = opened(store.log)
        response = api.request(method, path, headers=environment.headers, **given)
        assert response.status_code in (200, 201, 204)
        count = opened(store.log) - before
        assert count > 0, (
            f"{method} {path} opened no repo. Each request opens one of its own: with a repo from "
            "an earlier request, two people at the same time would work on one connection."
        )
        assert count == 1, (
            f"{method} {path} opened {count} repos: asked for in two ways (use_cache=False, two "
            "scopes), or another Repo.open(). One does not see what the other has not saved."
        )


@section("one-repo-for-each-request")
@needs("test_each_request_has_one_repo")
@hints("repo.id is the number of the repo that this request has opened.")
def test_info_shows_the_repo(api, store):
    """GET /info shows the id of the repo of this request as repo_id, beside page_max and now."""
    seen = []
    for _ in range(3):
        response = api.get("/info")
        assert response.status_code == 200
        ours = int(next(line for line in reversed(store.log) if "open" in line).split()[1])
        assert response.json()["repo_id"] == ours, (
            f"This request opened the repo with the id {ours}, and GET /info shows another one."
        )
        assert response.json().keys() == {"page_max", "now", "repo_id"}, (
            "GET /info has exactly the keys page_max, now and repo_id."
        )
        seen.append(ours)
    assert len(set(seen)) == 3, "Three requests had three repos."


@section("a-dependency-with-yield")
@needs("test_each_request_has_one_repo")
@hints(
    "What stands after yield runs when the response has been sent.",
    "def get_repo(): repo = Repo.open(), then yield repo, then repo.close()",
)
def test_the_repo_is_closed(api, store, environment, rng):
    """The repo is closed after a request that went well."""
    for method, path, given in requests(rng):
        response = api.request(method, path, headers=environment.headers, **given)
        assert response.status_code in (200, 201, 204)
        left = left_open(store.log)
        assert left == NONE_OPEN, (
            f"{method} {path} was answered and its repo is still open. A function that returns a "
            "repo is left by then and cannot close it; one that yields it goes on after the "
            "response. A database takes perhaps a hundred connections: request 101 would wait for "
            "one that never comes back."
        )


@section("whatever-happens")
@needs("test_the_repo_is_closed")
@hints(
    "When the endpoint raises, the exception comes out of the yield in get_repo, and the lines "
    "after it do not run.",
    "try: yield repo, and finally: repo.close()",
)
def test_the_repo_is_closed_after_an_error(api, store, environment, rng):
    """The repo is closed when the request fails, wherever it fails."""
    unknown, wrong = "/products/999", {"json": new_product(rng, price_cents=-1)}
    key = environment.headers
    for method, path, given, status in (
        ("GET", unknown, {}, 404),
        ("DELETE", unknown, {"headers": key}, 404),
        ("PUT", unknown, {"headers": key, "json": new_product(rng)}, 404),
        ("POST", "/products", {"headers": key, **wrong}, 422),
        ("PUT", "/products/3", {"headers": key, **wrong}, 422),
        ("GET", "/products", {"params": {"limit": -1}}, 422),
        ("DELETE", "/products/999", {}, None),
    ):
        response = api.request(method, path, **given)
        status = status or response.status_code  # without the key: another check asks for 401
        assert response.status_code == status
        left = left_open(store.log)
        assert left == NONE_OPEN, (
            f"{method} {path} failed with {status}, and its repo is still open: what closes it was "
            "not reached, because the exception comes out of the yield, and only a finally runs "
            "after it. Every mistyped address would cost the shop one connection."
        )


class Broken(Exception):
    """What a broken disk or a lost connection would raise."""


def breaks(*args, **kwargs):
    raise Broken("the disk is full")


@section("whatever-happens")
@needs("test_the_repo_is_closed_after_an_error")
@hints(
    "An except names exceptions, and there are always others. finally needs no name.",
    "Open the repo and go into try at once: nothing may stand between the two.",
)
def test_the_repo_is_closed_after_a_crash(app, start, store, override, monkeypatch):
    """The repo is closed when something unexpected is raised, in a function or a dependency."""
    app.add_exception_handler(Broken, lambda request, error: PlainTextResponse("broken", 503))
    with start() as api:
        for name in ("get_settings", "get_now"):
            override(name, lambda: breaks())
            response = api.get("/info")
            assert left_open(store.log) == NONE_OPEN, (
                f"The check made {name} raise an exception of its own. GET /info failed with that "
                "before its function was even called: one dependency was ready, the next one "
                "failed. The repo that was open by then was never closed. finally runs for every "
                "exception, an except only for those it names."
            )
            assert response.status_code == 503
        app.dependency_overrides.clear()
        monkeypatch.setattr(store.Repo, "count", breaks)
        response = api.get("/products")
        assert left_open(store.log) == NONE_OPEN, (
            "The check made repo.count() raise an exception of its own, as a broken disk would. "
            "GET /products failed with that, and its repo was never closed. finally runs for every "
            "exception, an except only for those it names."
        )
        assert response.status_code == 503, (
            "The check made repo.count() raise an exception, and told the app to answer 503 to "
            "it. The exception did not get that far: something on its way caught it and did not "
            "raise it again."
        )


@section("replacing-a-dependency")
@needs("test_each_request_has_one_repo")
@hints("Every function that needs a repo gets it through Depends(get_repo), and nowhere else.")
def test_the_repo_can_be_replaced(api, store, override, environment, rng):
    """Every request works on another repo when get_repo is replaced, and opens none."""
    other = OtherRepo(store, rng)
    first = min(other.products)
    override("get_repo", lambda: other)
    why = (
        "The check replaced get_repo by a function that returns a repo with two other products, "
        "and this request does not work on that one. It reaches its repo past Depends(get_repo), "
        "so a test of the shop would work on the real database."
    )
    response = api.get("/info")
    assert response.status_code == 200
    assert response.json()["repo_id"] == other.id, why
    response = api.get("/products")
    assert response.status_code == 200
    assert [product["id"] for product in response.json()["items"]] == [first, 77], why
    assert response.json()["total"] == 2, why
    response = api.get(f"/products/{first}")
    assert response.status_code == 200, why
    assert response.json()["name"] == f"Other {other.id}", why
    new = new_product(rng)
    response = api.put("/products/77", headers=environment.headers, json=new)
    assert response.status_code == 200, why
    assert other.products[77].name == new["name"], why
    response = api.post("/products", headers=environment.headers, json=new)
    assert response.status_code == 201
    assert sorted(other.products) == [first, 77, 78], why
    response = api.delete(f"/products/{first}", headers=environment.headers)
    assert response.status_code == 204, why
    assert sorted(other.products) == [77, 78], why
    assert opened(store.log) == 0, (
        "get_repo is replaced, and yet a real repo was opened: something opens one past it."
    )


# The key -------------------------------------------------------------------------------------------


@section("guarding-the-writes")
@needs("test_a_write_with_the_key_works")
@hints(
    "dependencies=[Depends(require_api_key)] in the decorator, or once for an APIRouter that has "
    "all the writes.",
    "A Header() without a default is required, and FastAPI answers 422 when it is missing. Give "
    "it the default None and raise HTTPException(401, …) yourself.",
)
def test_a_write_without_the_key_is_401(api, store, environment, rng):
    """POST, PUT and DELETE without X-API-Key are 401."""
    before = shop(store)
    for method, path, given in writes(rng):
        for place in ({}, {"params": {"x_api_key": environment.key, "x-api-key": environment.key}}):
            response = api.request(method, path, **given, **place)
            went_through = response.status_code < 400
            assert response.status_code == 401, (
                f"{method} {path} went through without the header X-API-Key. Either it does not "
                "depend on require_api_key, or that does not raise: what a dependency returns, be "
                "it False or an HTTPException, stops nobody."
                if went_through
                else f"{method} {path} was sent without the header X-API-Key. Nobody has said who "
                "they are, and that is 401: 403 would mean that we know who it is, 422 that the "
                "request has a wrong form."
            )
            assert shop(store) == before, (
                f"{method} {path} was answered with 401, and the shop has changed all the same. "
                "The key must be looked at before anything is done."
            )


@section("guarding-the-writes")
@needs("test_a_write_without_the_key_is_401")
@hints(
    "Compare the whole key as it is: secrets.compare_digest(sent, expected).",
    "compare_digest takes text of ASCII characters only. It takes bytes of any kind: use "
    ".encode() on both.",
)
def test_a_write_with_a_wrong_key_is_401(api, store, environment, rng):
    """POST, PUT and DELETE with any other key are 401."""
    key = environment.key
    wrong = ["wrong", "", key[:-1], key + "x", key[1:], key.swapcase(), key.upper(), key.lower()]
    wrong += [f"Bearer {key}", f"{key},{key}", "None", "null", "true", key[::-1]]
    before = shop(store)
    for (method, path, given), sent in itertools.product(writes(rng), wrong):
        response = api.request(method, path, headers={HEADER: sent}, **given)
        assert response.status_code == 401, (
            f'The key is "{key}", and "{sent}" was sent. Only the same characters, all of them, in '
            "the same case, are the key."
        )
    for sent in ("schlüssel".encode(), b"\xff\xfe", "钥匙".encode()):
        response = api.request("DELETE", "/products/3", headers={HEADER: sent})
        assert response.status_code == 401, (
            "The key that was sent has letters beyond ASCII. It is a wrong key like any other."
        )
    assert shop(store) == before, (
        "Writes with a wrong key were answered with 401, and the shop has changed all the same."
    )


@section("no-key-no-entry")
@needs("test_a_write_without_the_key_is_401")
@hints(
    "Without a key in the settings there is nothing that a request could be compared with.",
    "if not settings.api_key: raise HTTPException(401, …), before the comparison.",
)
def test_nobody_gets_in_without_a_key_in_the_settings(nothing_set, api, rng):
    """While SHOP_API_KEY is not set, every write is 401."""
    for method, path, given in writes(rng):
        for sent in (None, "", *GUESSES):
            headers = {} if sent is None else {HEADER: sent}
            response = api.request(method, path, headers=headers, **given)
            assert response.status_code == 401, open_door("is not set", headers)


@section("no-key-no-entry")
@needs("test_nobody_gets_in_without_a_key_in_the_settings", "test_the_settings_can_be_replaced")
@hints('"" == "" is true. Ask first whether there is a key at all.')
def test_nobody_gets_in_with_an_empty_key(empty_key, api, override, rng):
    """While SHOP_API_KEY is empty, every write is 401."""
    for told_by in ("environment", "settings"):
        if told_by == "settings":
            override("get_settings", settings(10, ""))
        for method, path, given in writes(rng):
            for headers in ({}, {HEADER: ""}, {HEADER: "None"}):
                response = api.request(method, path, headers=headers, **given)
                assert response.status_code == 401, open_door("is empty", headers)


def open_door(how, headers):
    sent = f'with the header X-API-Key: "{headers[HEADER]}"' if headers else "without X-API-Key"
    return (
        f"SHOP_API_KEY {how}, so there is no key, and no key is right: a request {sent} is 401. "
        "Else the whole shop stands open when somebody forgets one line in the configuration."
    )


@section("the-order-of-dependencies")
@needs("test_a_write_without_the_key_is_401")
@hints(
    "FastAPI solves the dependencies of the decorator and of the router first, and those in the "
    "signature after them, in their order.",
    "A check inside the function comes last of all. Put require_api_key into dependencies=[…].",
)
def test_the_key_is_asked_for_first(api, rng):
    """Without the key a write is 401 also for an unknown product or a wrong body."""
    wrong = new_product(rng, price_cents=-1)
    for method, path, given in (
        ("DELETE", "/products/999", {}),
        ("PUT", "/products/999", {"json": new_product(rng)}),
        ("PUT", "/products/3", {"json": wrong}),
        ("POST", "/products", {"json": wrong}),
        ("DELETE", "/products/abc", {}),
    ):
        for headers in ({}, {HEADER: "wrong"}):
            response = api.request(method, path, headers=headers, **given)
            assert response.status_code == 401, (
                f"{method} {path} came without the right key and was looked at before the key was. "
                "So a stranger can find out which products exist, or what a body must look like, "
                "without a key."
            )


@section("replacing-a-dependency")
@needs("test_a_write_without_the_key_is_401", "test_the_settings_can_be_replaced")
@hints(
    "require_api_key depends on get_settings, and does not keep the key anywhere.",
    "settings: Annotated[Settings, Depends(get_settings)] in the signature of require_api_key.",
)
def test_the_key_comes_from_the_settings(api, override, environment, rng):
    """The key follows get_settings, also when that is replaced."""
    response = api.delete("/products/5", headers=environment.headers)
    assert response.status_code == 204
    other = f"other-{rng.randint(1000, 9999)}"
    override("get_settings", settings(50, other))
    for method, path, given in reversed(writes(rng)):
        response = api.request(method, path, headers=environment.headers, **given)
        assert response.status_code == 401, (
            f'The check replaced get_settings by a function with another api_key, "{other}", so '
            "the old key is 401. If it still opens the shop, the key was read past "
            "Depends(get_settings), or kept."
        )
    response = api.delete("/products/3", headers={HEADER: other})
    assert response.status_code == 204, (
        f'The check replaced get_settings by a function with api_key="{other}", and this key is '
        "refused. require_api_key must take its settings through Depends(get_settings) as well."
    )


@section("replacing-a-dependency")
@needs("test_a_write_without_the_key_is_401")
@hints("Every write depends on the function require_api_key of main.py itself.")
def test_the_guard_can_be_replaced(api, override, rng):
    """Writes need no key when require_api_key is replaced."""
    override("require_api_key", lambda: None)
    for (method, path, given), status in zip(writes(rng), (201, 200, 204), strict=True):
        response = api.request(method, path, **given)
        assert response.status_code == status, (
            "The check replaced require_api_key by a function that lets everyone in, as a test of "
            f"your shop would. If {method} {path} still wants a key, it asks for it in another "
            "way than through Depends(require_api_key)."
        )
