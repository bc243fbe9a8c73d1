import re
import time
from datetime import UTC, datetime, timedelta
from string import ascii_lowercase

from course.harness import hints, needs, one_app, section

pytestmark = one_app

USER = {"id", "email", "full_name", "created_at"}
PRODUCT = {"id", "sku", "name", "category", "price_cents", "tags", "description", "price"}


def letters(rng, length):
    return "".join(rng.choices(ascii_lowercase, k=length))


def a_user(rng, **changes):
    """The body of a sign-up that breaks no rule."""
    return {
        "email": f"{letters(rng, 10)}@example.com",
        "password": letters(rng, 20),
        "full_name": f"Zoë {letters(rng, 8).title()}",
        **changes,
    }


def a_product(rng, **changes):
    """The body of a product that breaks no rule."""
    return {
        "sku": f"{letters(rng, 3).upper()}-{rng.randint(1000, 9999)}",
        "name": f"{letters(rng, 8).title()} {letters(rng, 5)}",
        "category": rng.choice(["kitchen", "office", "garden"]),
        "price_cents": rng.randint(100, 99_999),
        "tags": [letters(rng, 6) for _ in range(3)],
        "description": letters(rng, 40),
        **changes,
    }


def without(body, name):
    return {key: value for key, value in body.items() if key != name}


def moment(text):
    """The date and time that a text in ISO 8601 stands for, None when it is no such text."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def said(response):
    """All that an answer says: its headers, cookies among them, and its body."""
    return "\n".join([*map(": ".join, response.headers.multi_items()), response.text])


def keys(answer):
    """The keys of all objects in an answer's JSON, [] when it is no JSON."""
    if isinstance(answer, dict):
        return [*answer, *keys(list(answer.values()))]
    return [key for one in answer for key in keys(one)] if isinstance(answer, list) else []


def as_json(response):
    """The JSON of an answer whose body the contract leaves open, None when it has none."""
    try:
        return response.json()
    except ValueError:
        return None


def answered_fields(document, method, path):
    """The names of the fields that an operation's 2xx responses have in the OpenAPI document."""
    paths = {
        re.sub(r"{[^}]*}", "{}", key).rstrip("/"): item for key, item in document["paths"].items()
    }
    responses = paths.get(path, {}).get(method, {}).get("responses", {})
    names = set()
    for status, response in responses.items():
        if status.startswith("2"):
            for content in response.get("content", {}).values():
                names |= fields(document, content.get("schema", {}))
    return names


def fields(document, schema):
    """The names of a schema's properties, with those of the schemas that it is made of."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    parts = [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, [])]
    return set(schema.get("properties", {})).union(*(fields(document, part) for part in parts))


@section("a-model-for-the-body")
@hints(
    "A parameter whose type is a Pydantic model is read from the JSON body.",
    "The status of success belongs in the decorator: status_code=201.",
    "class UserOut(BaseModel) with id, email, full_name and created_at, and def "
    "create_user(new: UserCreate) -> UserOut.",
)
def test_a_sign_up_creates_a_user(api, rng):
    """POST /users creates a user and answers 201."""
    new = a_user(rng)
    response = api.post("/users", json=new)
    assert response.status_code == 201
    assert response.json()["email"] == new["email"]
    assert response.json()["full_name"] == new["full_name"]
    assert type(response.json().get("id")) is int, "A user needs an id, a whole number."


@section("a-model-for-the-answer")
@needs("test_a_sign_up_creates_a_user")
@hints(
    "What the answer shows is decided by its model, not by what the function returns.",
    "Write a model without the password, and make it the return type: -> UserOut.",
)
def test_a_sign_up_answers_four_fields(api, rng):
    """POST /users answers id, email, full_name and created_at, and nothing else."""
    new = a_user(rng)
    response = api.post("/users", json=new)
    assert response.status_code == 201
    assert new["password"] not in response.text, (
        "The answer shows the password that was just sent. Answer with a model of its own, one "
        "that has no password."
    )
    given = {name: response.json().get(name) for name in ("id", "created_at")}
    assert response.json() == {"email": new["email"], "full_name": new["full_name"], **given}


@section("fields-that-the-app-fills-in")
@needs("test_a_sign_up_answers_four_fields")
@hints(
    "datetime.now() knows no time zone unless you give it one.",
    "Call datetime.now(UTC) inside the function, once for each sign-up.",
)
def test_created_at_is_the_moment_of_the_sign_up(api, rng):
    """POST /users answers in created_at when the user signed up, with the time zone."""
    response = api.post("/users", json=a_user(rng))
    assert response.status_code == 201
    now = datetime.now(UTC)
    created = response.json()["created_at"]
    if moment(created) is None:
        assert created == f"{now:%Y-%m-%dT%H:%M:%SZ}", (
            "created_at must be a date and time in ISO 8601."
        )
    if moment(created).tzinfo is None:
        assert created == f"{created}Z", (
            "created_at does not say in which time zone it is, so every reader will guess another "
            "moment. Use datetime.now(UTC)."
        )
    assert abs(moment(created) - now) < timedelta(minutes=1), (
        f"It is {now:%Y-%m-%dT%H:%M:%SZ}, and created_at is far from that: {created}."
    )
    # Some keep milliseconds, some whole seconds only. Of a clock that was read at import these
    # would tell nothing within the same second, so let the clock show the next one; and another
    # than :00, at which minutes alone would be enough.
    next_second = now.replace(microsecond=0) + timedelta(seconds=1 if now.second < 59 else 2)
    while not moment(created).microsecond and datetime.now(UTC) < next_second:
        time.sleep(0.01)
    asked = datetime.now(UTC)
    response = api.post("/users", json=a_user(rng))
    assert response.status_code == 201
    later = moment(response.json()["created_at"])
    digits = 0 if not later.microsecond else asked.microsecond // 1000 * 1000
    assert later >= asked.replace(microsecond=digits), (
        "This created_at lies before the moment when the sign-up was sent. Either the clock was "
        "read once, when main.py was imported, and not for each sign-up; or more than the "
        "fraction of a second was cut off."
    )


@section("optional-and-nullable")
@needs("test_a_sign_up_creates_a_user")
@hints(
    "str | None says that null is allowed. Only a default makes a field optional.",
    "full_name: str | None = None",
)
def test_full_name_may_be_missing_or_null(api, rng):
    """POST /users takes a sign-up without full_name, or with null."""
    for new in (without(a_user(rng), "full_name"), a_user(rng, full_name=None)):
        response = api.post("/users", json=new)
        assert response.status_code == 201
        assert response.json()["full_name"] is None


@section("rules-for-a-field")
@needs("test_a_sign_up_creates_a_user")
@hints(
    "As a type, str accepts every text. Pydantic has a type for email addresses.",
    "email: EmailStr",
)
def test_an_invalid_email_is_422(api, rng):
    """POST /users is 422 without a valid email address."""
    local, other = letters(rng, 8), letters(rng, 6)
    # "Ada <ada@example.com>" is left open: EmailStr takes the address out of it.
    wrong = ("not-an-email", "", f"{local}@", "@example.com", f"{local} {other}@example.com")
    for email in (*wrong, f"{local}@{other}@example.com", f"{local}.example.com", None):
        response = api.post("/users", json=a_user(rng, email=email))
        assert response.status_code == 422, (
            f'"{email}" is no email address, and a sign-up with it must be refused with 422.'
            if email is not None
            else "email was null. A sign-up needs an address, and without one it must be 422."
        )
    response = api.post("/users", json=without(a_user(rng), "email"))
    assert response.status_code == 422, "A sign-up without an email must be refused with 422."
    response = api.post("/users", json=a_user(rng, email=f"{local}.{other}+shop@mail.example.com"))
    assert response.status_code == 201


@section("rules-for-a-field")
@needs("test_full_name_may_be_missing_or_null")
@hints(
    "Field() takes min_length and max_length.",
    "password: Annotated[str, Field(min_length=8, max_length=128)]",
)
def test_password_and_full_name_have_bounds(api, rng):
    """POST /users is 422 for a password or a full name outside its bounds."""
    for name, length in (("password", 8), ("password", 128), ("full_name", 80)):
        response = api.post("/users", json=a_user(rng, **{name: letters(rng, length)}))
        assert response.status_code == 201
    response = api.post("/users", json=a_user(rng, password=f" {letters(rng, 6)} "))
    assert response.status_code == 201, (
        "This password has 8 characters, and two of them are the spaces at its ends. A password "
        "is counted and kept as it was sent: nothing trims it."
    )
    for name, length, rule in (
        ("password", 7, "8 to 128 characters"),
        ("password", 129, "8 to 128 characters"),
        ("full_name", 81, "at most 80 characters"),
    ):
        response = api.post("/users", json=a_user(rng, **{name: letters(rng, length)}))
        assert response.status_code == 422, (
            f"{name} has {length} characters here, and {rule} are allowed: the answer must be 422."
        )
    response = api.post("/users", json=without(a_user(rng), "password"))
    assert response.status_code == 422, "A sign-up without a password must be refused with 422."
    for name, value, says in (
        ("password", None, "password was null, and a sign-up needs one"),
        ("password", 1234567890, "password was a number, and it must be a text"),
        ("full_name", 7, "full_name was the number 7, and it must be a text or null"),
    ):
        response = api.post("/users", json=a_user(rng, **{name: value}))
        assert response.status_code == 422, f"{says}: the answer must be 422."


@section("fields-that-the-app-fills-in")
@needs("test_a_sign_up_answers_four_fields", "test_full_name_may_be_missing_or_null")
@hints(
    "Store each user under its id, and look there.",
    "The same return type, -> UserOut, gives the same answer.",
    'if user_id not in users: raise HTTPException(404, "No such user")',
)
def test_a_user_is_read_by_id(app, api, rng):
    """GET /users/{user_id} answers what the sign-up answered, or 404."""
    created = []
    for new in (a_user(rng), a_user(rng), without(a_user(rng), "full_name")):
        response = api.post("/users", json=new)
        assert response.status_code == 201
        created.append((new["password"], response.json()))
    ids = {user["id"] for _, user in created}
    assert len(ids) == 3, "Three users signed up, and they do not have three different ids."
    for password, user in created:
        response = api.get(f"/users/{user['id']}")
        assert response.status_code == 200, (
            f"The sign-up answered the id {user['id']}, and no user is found under it. Is the user "
            "stored under that id, and does the signature say user_id: int?"
            if response.status_code == 404
            else ""
        )
        assert password not in said(response), (
            "GET /users/{user_id} shows the password of the user. Here, too, the answer needs a "
            "model that has none."
        )
        again = response.json().get("created_at")
        assert response.json() == {**user, "created_at": again}
        assert moment(again) == moment(user["created_at"]), (
            f"The sign-up was at {user['created_at']}, and GET /users/{{user_id}} says {again}. "
            "Both must be the same moment."
        )
    for unknown in sorted({max(ids) + 1, 10_000 + rng.randint(0, 9_999)} - ids):
        response = api.get(f"/users/{unknown}")
        assert response.status_code == 404
    for impossible in sorted({0, -1} - ids):
        response = api.get(f"/users/{impossible}")
        assert response.status_code in (404, 422), (
            f"No user has the id {impossible}. In a list, users[-1] is the last item, so an id "
            "is no safe index."
        )


@section("what-no-model-can-know")
@needs("test_a_user_is_read_by_id")
@hints(
    "A model sees one request. Whether an email is taken, only your function can know.",
    "Compare both addresses in lower case, and raise HTTPException(409).",
    "if any(user.email.lower() == new.email.lower() for user in users.values()): raise …",
)
def test_an_email_signs_up_once(api, rng):
    """POST /users is 409 for an email that is taken, in whatever case it is written."""
    stored = []
    for email in (f"{letters(rng, 8)}@example.com", f"{letters(rng, 8).title()}@Example.com"):
        response = api.post("/users", json=a_user(rng, email=email))
        assert response.status_code == 201
        response = api.get(f"/users/{response.json()['id']}")
        assert response.status_code == 200
        stored.append((email, response.json()))
    for email, user in stored:
        for again in (email, email.lower(), email.upper()):
            new = a_user(rng, email=again)
            response = api.post("/users", json=new)
            assert response.status_code == 409, (
                f"{email} has signed up already, and {again} is the same address. Compare "
                "addresses in lower case."
                if again != email
                else f"{email} has signed up already, so the second sign-up must be refused with "
                "409, also when others have signed up in between."
            )
            assert new["password"] not in said(response), (
                "The 409 repeats the password that was sent. An error needs no more than a "
                "short detail."
            )
        response = api.get(f"/users/{user['id']}")
        assert response.status_code == 200
        assert response.json() == user, (
            "A sign-up was refused with 409, and yet it changed the user who had that email."
        )
    known = {user["id"] for _, user in stored}
    for unused in sorted({one + more for one in known for more in (1, 2, 3)} - known):
        response = api.get(f"/users/{unused}")
        assert response.status_code == 404, (
            "A sign-up was refused with 409, and yet there is a new user. Look for the email "
            "before you store anything."
        )


@section("what-no-model-can-know")
@needs("test_an_email_signs_up_once")
@hints(
    "Only the whole address counts. Two users may have the same name and the same password.",
    "Compare with ==, in lower case: `in` also finds an address that is a part of another.",
    "Remember an email in one place only, where the user is stored.",
)
def test_a_free_email_signs_up(api, rng):
    """POST /users is 201 for an email that nobody has signed up with."""
    name = letters(rng, 8)
    first = a_user(rng, email=f"{name}@example.com")
    response = api.post("/users", json=first)
    assert response.status_code == 201
    for new, says in (
        (a_user(rng, email=f"{name}@example.org"), "the same name at another domain"),
        (a_user(rng, email=f"x{first['email']}"), "a longer address that ends in a known one"),
        (a_user(rng, email=first["email"][1:]), "a shorter address, the end of a known one"),
        (a_user(rng, email=f"{name}@example.com.au"), "an address that begins with a known one"),
        (a_user(rng, email=f"{name}@example.co"), "an address with which a known one begins"),
        (a_user(rng, password=first["password"]), "a password that another user has, too"),
        (a_user(rng, full_name=first["full_name"]), "a full name that another user has, too"),
    ):
        response = api.post("/users", json=new)
        assert response.status_code == 201, (
            f"This sign-up has {says}. Its email is not taken, and only that counts: 201."
            if response.status_code == 409
            else ""
        )
    new = a_user(rng)
    response = api.post("/users", json={**new, "password": "short"})
    assert response.status_code == 422
    response = api.post("/users", json=new)
    assert response.status_code == 201, (
        "A sign-up with this email was refused with 422 for its short password, and now the "
        "address is taken although nobody has it. A refused sign-up stores nothing."
        if response.status_code == 409
        else ""
    )


@section("a-model-for-the-answer")
@needs("test_an_email_signs_up_once")
@hints(
    "Look at the whole answer: curl -i shows its headers, too.",
    "An error needs no more than a short detail. Do not put the request or a user into it.",
)
def test_no_answer_shows_a_password(api, rng):
    """POST /users and GET /users/{user_id} show no password, in no answer and no header."""
    one, two = a_user(rng), a_user(rng)
    passwords, ids = [one["password"], two["password"]], []
    for new in (one, two):
        response = api.post("/users", json=new)
        assert response.status_code == 201
        ids.append(response.json()["id"])
        for password in passwords:
            assert password not in said(response), (
                "A password stands in the answer to a sign-up: in its body, or in a header such "
                "as a cookie."
            )
    for user_id in ids:
        response = api.get(f"/users/{user_id}")
        assert response.status_code == 200
        for password in passwords:
            assert password not in said(response), (
                "A password stands in the answer of GET /users/{user_id}: in its body, or in a "
                "header such as a cookie."
            )
    new = a_user(rng, email=one["email"])
    passwords.append(new["password"])
    errors = [api.post("/users", json=new), api.get(f"/users/{max(ids) + 1}")]
    for response, status in zip(errors, (409, 404), strict=True):
        assert response.status_code == status
        for password in passwords:
            assert password not in said(response), (
                f"The {status} shows a password, of the request or of a user who is stored. An "
                "error needs no more than a short detail."
            )
        named = [key for key in keys(as_json(response)) if "password" in key.lower()]
        assert named == [], (
            f"The {status} has a key with password in its name. Even a masked or hashed password "
            "has no place in an answer."
        )


@section("a-model-for-the-body")
@hints(
    "A product needs a model for what comes in and one for what goes out, as a user does.",
    "Both can inherit the fields that they share: class ProductOut(ProductBase) adds only id.",
)
def test_a_product_is_created(api, rng):
    """POST /products creates a product and answers 201."""
    ids = set()
    for category in ("kitchen", "office", "garden"):
        new = a_product(rng, category=category)
        response = api.post("/products", json=new)
        assert response.status_code == 201
        assert response.json()["sku"] == new["sku"]
        assert response.json()["name"] == new["name"]
        assert response.json()["category"] == new["category"]
        assert response.json()["price_cents"] == new["price_cents"]
        assert type(response.json()["price_cents"]) is int, (
            "price_cents is equal to what was sent, but it is no whole number any more: 1250.0 "
            "where 1250 was sent. Is it a float in a model? Cents are whole numbers."
        )
        assert response.json()["tags"] == new["tags"]
        assert response.json()["description"] == new["description"]
        assert type(response.json().get("id")) is int, "A product needs an id, a whole number."
        assert response.json()["id"] not in ids, (
            "Two products were created, and both have the same id."
        )
        ids.add(response.json()["id"])
    for _ in range(40):
        response = api.post("/products", json=a_product(rng))
        assert response.status_code == 201
        assert response.json()["id"] not in ids, (
            f"{len(ids) + 1} products were created, and this one has an id that another one has. "
            "Can the number from which the id is made stay the same, or become smaller?"
        )
        ids.add(response.json()["id"])


@section("optional-and-nullable")
@needs("test_a_product_is_created")
@hints(
    "A field is optional when it has a default.",
    "tags: list[str] = [] and description: str | None = None",
)
def test_tags_and_description_may_be_missing(app, api, rng):
    """POST /products takes a product without tags and description."""
    new = without(without(a_product(rng), "tags"), "description")
    response = api.post("/products", json=new)
    assert response.status_code == 201
    assert response.json()["tags"] == []
    assert response.json()["description"] is None
    response = api.post("/products", json=a_product(rng, description=None))
    assert response.status_code == 201
    assert response.json()["description"] is None
    response = api.post("/products", json=without(a_product(rng), "tags"))
    assert response.status_code == 201
    assert response.json()["tags"] == [], (
        "This product was sent without tags, and has those of the product before it: both share "
        "what should be their own."
    )


@section("rules-for-a-field")
@needs("test_a_product_is_created")
@hints(
    "Field(pattern=…) takes a regular expression, and a fixed choice is an Enum or a Literal.",
    "Without ^ and $ the pattern is looked for anywhere in the text.",
    'sku: Annotated[str, Field(pattern=r"^[A-Z]{3}-[0-9]{4}$")]',
)
def test_sku_and_category_have_a_form(api, rng):
    """POST /products is 422 for a sku or a category of the wrong form."""
    for right in ("MUG-0001", "AAA-0000", "ZZZ-9999"):
        response = api.post("/products", json=a_product(rng, sku=right))
        assert response.status_code == 201
        assert response.json()["sku"] == right
    sku = a_product(rng)["sku"]
    skus = [sku.lower(), sku[1:], f"X{sku}", sku[:-1], f"{sku}0", f"{sku[:-1]}X"]
    skus += [sku.replace("-", ""), sku.replace("-", "_"), "", f"ÄÖÜ{sku[3:]}"]
    for wrong in (*skus, f" {sku}", f"{sku} ", f"{sku}\n"):
        response = api.post("/products", json=a_product(rng, sku=wrong))
        shown = wrong.replace("\n", "\\n")
        assert response.status_code == 422, (
            f'The sku "{shown}" is not three capital letters from A to Z, a hyphen and four '
            "digits, and nothing else, neither before nor after. It must be refused with 422."
        )
    for wrong in ("cellar", "Kitchen", ""):
        response = api.post("/products", json=a_product(rng, category=wrong))
        assert response.status_code == 422, (
            f'The category "{wrong}" is not one of the three, and must be refused with 422.'
        )
    for name in ("sku", "category"):
        response = api.post("/products", json=without(a_product(rng), name))
        assert response.status_code == 422, f"A product needs a {name}: without it, 422."
        response = api.post("/products", json=a_product(rng, **{name: None}))
        assert response.status_code == 422, f"{name} is null, and a product needs one: 422."


@section("rules-for-a-field")
@needs("test_tags_and_description_may_be_missing")
@hints(
    "Numbers take ge= and le= (both included); texts and lists take max_length=.",
    "price_cents: Annotated[int, Field(ge=1, le=10_000_000)]",
    "tags: Annotated[list[str], Field(max_length=10)] = []",
)
def test_price_tags_and_description_have_bounds(api, rng):
    """POST /products is 422 for price_cents, tags or description outside their bounds."""
    tags = [letters(rng, 6) for _ in range(11)]
    for name, value in (
        ("price_cents", 1),
        ("price_cents", 10_000_000),
        ("tags", tags[:10]),
        ("description", letters(rng, 500)),
    ):
        new = a_product(rng, **{name: value})
        response = api.post("/products", json=new)
        assert response.status_code == 201
        stored = response.json()[name]
        assert stored == value, f"{name} is not answered as it was sent."
    for name, value, says in (
        ("price_cents", 0, "price_cents is 0, and the lowest price is 1"),
        ("price_cents", -1, "price_cents is -1, and the lowest price is 1"),
        ("price_cents", 10_000_001, "price_cents is 10000001, and the highest price is 10000000"),
        ("price_cents", 12.5, "price_cents is 12.5, and cents are whole numbers"),
        ("price_cents", None, "price_cents is null, and a product needs a price"),
        ("tags", tags, "There are 11 tags, and 10 are allowed"),
        ("tags", None, "tags is null. It may be left out, but it is always a list"),
        ("tags", "sale", 'tags is the text "sale", and not a list'),
        ("tags", [7], "A tag is the number 7, and tags are texts"),
        ("description", 7, "description is the number 7, and it must be a text or null"),
        ("description", letters(rng, 501), "description has 501 characters, and 500 are allowed"),
    ):
        response = api.post("/products", json=a_product(rng, **{name: value}))
        assert response.status_code == 422, f"{says}: the answer must be 422."
    response = api.post("/products", json=without(a_product(rng), "price_cents"))
    assert response.status_code == 422, "A product needs price_cents: without it, 422."


@section("clean-first-then-count")
@needs("test_a_product_is_created")
@hints(
    "StringConstraints can strip a text before it counts the characters.",
    "name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]",
)
def test_a_name_is_trimmed_and_then_counted(api, rng):
    """POST /products trims the name; 1 to 80 characters must be left."""
    inner = (f"{letters(rng, 5)}  {letters(rng, 5)}", f"{letters(rng, 5)}\t{letters(rng, 5)}")
    for name in (letters(rng, 12), *inner, "x", letters(rng, 80)):
        for around in ("", "  ", " \t\n"):
            response = api.post("/products", json=a_product(rng, name=around + name + around))
            assert response.status_code == 201
            assert response.json()["name"] == name, (
                "The name was sent with white space around it, and answered with it. Trim both "
                "ends, and nothing between them."
                if around
                else "The name is not answered as it was sent."
            )
    for name, says in (
        ("", "An empty name"),
        ("   ", "A name of three spaces is empty once it is trimmed, so it"),
        (" \t\n", "A name of a space, a tab and a line feed is empty once it is trimmed, so it"),
        (letters(rng, 81), "A name of 81 characters"),
        (None, "A name that is null"),
        (7, "The number 7 is no text: as a name it"),
        (["x"], "A list with a text in it is no text: as a name it"),
    ):
        response = api.post("/products", json=a_product(rng, name=name))
        assert response.status_code == 422, f"{says} must be refused with 422."
    response = api.post("/products", json=without(a_product(rng), "name"))
    assert response.status_code == 422, "A product needs a name: without it, 422."


@section("clean-first-then-count")
@needs("test_a_sign_up_creates_a_user", "test_tags_and_description_may_be_missing")
@hints(
    "Only the name of a product is cleaned. All other texts are kept as they came.",
    "str_strip_whitespace=True in model_config trims every text of the model.",
    "An empty text is no null: `x or None` makes one of the other, `x if x is not None` does not.",
)
def test_other_texts_come_back_as_sent(api, rng):
    """POST /users and POST /products answer all other texts as they were sent."""
    word = letters(rng, 6)
    for full_name in ("", "ada LOVELACE", f" {word}  {word} ", word * 2):
        response = api.post("/users", json=a_user(rng, full_name=full_name))
        assert response.status_code == 201
        assert response.json()["full_name"] == full_name, (
            "full_name is not answered as it was sent. Spaces and capital letters stay, and an "
            "empty text is not null."
        )
    for description in ("", f" {word}\n{word.upper()}  {word} "):
        response = api.post("/products", json=a_product(rng, description=description))
        assert response.status_code == 201
        assert response.json()["description"] == description, (
            "The description is not answered as it was sent. White space and capital letters "
            "stay, and an empty text is not null."
        )
    for tags in (["B", "a", "B", "", f" {word} "], []):
        response = api.post("/products", json=a_product(rng, tags=tags))
        assert response.status_code == 201
        assert response.json()["tags"] == tags, (
            "The tags are not answered as they were sent: each of them, in that order, also one "
            "that is empty, comes twice, or has spaces around it."
        )


@section("a-computed-field")
@needs("test_a_product_is_created")
@hints(
    "A property is not part of the answer by itself. @computed_field above @property makes it so.",
    "price_cents // 100 is the part before the point, price_cents % 100 the part after it.",
    'f"{self.price_cents // 100}.{self.price_cents % 100:02}" writes 5 cents as 0.05.',
)
def test_price_has_two_decimals(api, rng):
    """POST /products answers price, a text with two decimals."""
    some = [1250, 5, 1, 10, 99, 100, 101, 1999, 100_000, 9_999_999, 10_000_000]
    for cents in (*some, *(rng.randint(1, 10_000_000) for _ in range(30))):
        response = api.post("/products", json=a_product(rng, price_cents=cents))
        assert response.status_code == 201
        assert "price" in response.json(), (
            "The answer has no price. A property is part of the answer only with @computed_field."
        )
        assert type(response.json()["price"]) is str, (
            "price must be a text. A number cannot keep the last zero: 12.50 becomes 12.5."
        )
        assert response.json()["price"] == f"{cents // 100}.{cents % 100:02}", (
            f"{cents} cents are written as the whole units, a point and always two digits of "
            "cents, with nothing else."
        )


@section("unknown-fields")
@needs("test_a_product_is_created", "test_a_sign_up_creates_a_user")
@hints(
    "Without a word from you, Pydantic ignores fields that a model does not have.",
    'model_config = ConfigDict(extra="forbid") in the models of the two requests.',
)
def test_unknown_fields_are_422(api, rng):
    """POST /users and POST /products are 422 with a field that the contract does not have."""
    for name, value in (
        ("is_admin", True),
        ("id", 7),
        ("created_at", "2020-01-01T00:00:00Z"),
        (letters(rng, 8), letters(rng, 8)),
    ):
        response = api.post("/users", json=a_user(rng, **{name: value}))
        assert response.status_code == 422, (
            f"The sign-up also has {name}, which is not for the client to say. It must be "
            "refused with 422, and not taken or ignored."
        )
    for name, value in (
        ("price", "0.01"),
        ("id", 7),
        ("pricecents", 100),
        (letters(rng, 8), letters(rng, 8)),
    ):
        response = api.post("/products", json=a_product(rng, **{name: value}))
        assert response.status_code == 422, (
            f"The product also has {name}, which is no field of the request. It must be refused "
            "with 422, and not taken or ignored."
        )


@section("a-model-for-the-answer")
@needs("test_a_user_is_read_by_id", "test_price_has_two_decimals")
@hints(
    "Look at the response schemas in /docs: they come from the return type or response_model.",
    "What response_model_exclude hides in the answer, the docs still show. A model without the "
    "field hides it in both.",
)
def test_the_docs_describe_the_answers(api):
    """GET /openapi.json describes the answers, and no password in them."""
    response = api.get("/openapi.json")
    assert response.status_code == 200
    for method, path, expected in (
        ("post", "/users", USER),
        ("get", "/users/{}", USER),
        ("post", "/products", PRODUCT),
    ):
        operation = f"{method.upper()} {path.replace('{}', '{user_id}')}"
        described = answered_fields(response.json(), method, path)
        assert described >= expected, (
            f"The docs lack fields that {operation} answers: its response model does not have them."
            if described
            else f"The docs do not say what {operation} answers. Give the function a return type, "
            "or its decorator a response_model."
        )
        harmless = {name for name in described if "password" not in name}
        assert described == harmless, (
            f"The docs say that {operation} answers a password. They are made from the response "
            "model: answer with a model that has no password."
        )
