import importlib
import json
import os
import re
import secrets
import string
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import httpx
import pytest

from course.harness import hints, needs, section, terminal_only
from course.harness.hashing import ARGON2, Argon2
from course.harness.lifespan import StartupFailed
from course.harness.load import LoadProblem
from course.harness.tokens import bearer, changed, forged, opened, pack, signature, signed

# The app may be imported before the first check, and does not start without a secret.
os.environ["SECRET_KEY"] = secrets.token_hex(16)

ME = ("GET", "/me")
LIST, WRITE = ("GET", "/entries"), ("POST", "/entries")


# What the checks know of the app --------------------------------------------------------------------


@dataclass
class Person:
    """Somebody who has signed up."""

    id: int
    name: str
    password: str
    token: str = ""
    role: str = "member"

    @property
    def headers(self) -> dict[str, str]:
        return bearer(self.token)

    @property
    def profile(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "role": self.role}


@dataclass
class Club:
    """The learner's running app, and what the environment has told it."""

    api: httpx.Client
    store: ModuleType
    secret: str
    ttl: int
    rng: Any
    argon2: Argon2

    def sign_up(self, name: str = "", password: str = "") -> Person:
        name, password = name or new_name(self.rng), password or new_password(self.rng)
        response = self.api.post("/members", json={"name": name, "password": password})
        assert response.status_code == 201
        return Person(response.json()["id"], name, password)

    def member(self, role: str = "member", name: str = "") -> Person:
        """Somebody with this role, who has signed up and logged in."""
        person = self.sign_up(name)
        person.role = role
        self.store.members.change(person.id, role=role)
        person.token = self.token_of(person)
        return person

    def token_of(self, person: Person) -> str:
        """A new token."""
        response = self.log_in(person.name, person.password)
        assert response.status_code == 200
        return response.json()["access_token"]

    def log_in(self, name: str, password: str) -> httpx.Response:
        data = {"grant_type": "password", "username": name, "password": password}
        return self.api.post("/login", data=data)

    def ask(self, operation: tuple[str, str], headers: Any = None, **more: Any) -> httpx.Response:
        method, path = operation
        return self.api.request(method, path, headers=headers, **more)

    def entry(self, owner: Person) -> dict[str, Any]:
        """An entry that this person has just written."""
        fields = {"title": new_name(self.rng), "text": new_password(self.rng)}
        response = self.ask(WRITE, owner.headers, json=fields)
        assert response.status_code == 201
        assert response.json() == {"id": response.json()["id"], **fields}
        return response.json()

    def protected(self, person: Person) -> list[tuple[tuple[str, str], dict[str, Any]]]:
        """All operations that need a token, so that they would succeed for this admin."""
        entry = self.store.entries.add(person.id, "Plans", "none")
        one = f"/entries/{entry.id}"
        change = {"old_password": person.password, "new_password": "a new password"}
        return [
            (ME, {}),
            (("PUT", "/me/password"), {"json": change}),
            (LIST, {}),
            (WRITE, {"json": {"title": "Plans"}}),
            (("GET", one), {}),
            (("PUT", one), {"json": {"title": "Other plans"}}),
            (("DELETE", one), {}),
            (("GET", "/members"), {}),
            (("PATCH", f"/members/{person.id}"), {"json": {"disabled": True}}),
        ]

    def refuses(self, operation: tuple, sent: str, cost: str, headers: Any, **more: Any) -> None:
        """401, with its challenge."""
        response = self.ask(operation, headers, **more)
        assert response.status_code == 401, why_401(response, sent, cost)
        assert response.headers.get("www-authenticate") == challenge(response), NO_CHALLENGE

    @property
    def state(self) -> tuple[Any, ...]:
        """All that a request could have changed."""
        return dict(self.store._members), dict(self.store._entries)


@pytest.fixture
def environment(monkeypatch, folder, rng):
    """What the environment says before main.py is imported: a new secret, and a new TTL."""
    (folder / ".env").unlink(missing_ok=True)
    secret = "".join(rng.choices(string.ascii_letters + string.digits, k=40))
    monkeypatch.setenv("SECRET_KEY", secret)
    monkeypatch.setenv("ACCESS_TOKEN_TTL", str(rng.randint(1000, 9000)))
    return os.environ


@pytest.fixture
def argon2(monkeypatch):
    argon2 = Argon2()
    argon2.install(monkeypatch)
    return argon2


@pytest.fixture
def club(environment, argon2, request, rng):
    api = request.getfixturevalue("api")
    argon2.forget()  # before the start, nobody waits
    secret, ttl = environment["SECRET_KEY"], int(environment["ACCESS_TOKEN_TTL"])
    return Club(api, importlib.import_module("store"), secret, ttl, rng, argon2)


def new_name(rng):
    return f"{rng.choice(('Ada', 'Ben', 'Cleo', 'Dina', 'Emil'))}{rng.randint(1000, 999999)}"


def new_password(rng):
    return "Pw " + "".join(rng.choices(string.ascii_letters + string.digits, k=16))


def challenge(response: httpx.Response) -> str:
    """The header WWW-Authenticate as it is, when it is fine: parameters may follow the scheme."""
    given = response.headers.get("www-authenticate", "")
    return given if re.match(r"bearer\b", given, re.IGNORECASE) else "Bearer"


def challenge_of(response: httpx.Response) -> str:
    return response.headers.get("www-authenticate", "")


NO_CHALLENGE = (
    "A 401 says in WWW-Authenticate how one proves who one is: Bearer, by a token. Without it, the "
    'client has to guess. HTTPException takes headers={"WWW-Authenticate": "Bearer"}.'
)
STATE_CHANGED = "The requests were answered with an error, and the store has changed all the same."


def why_401(response: httpx.Response, sent: str, cost: str) -> str:
    status = response.status_code
    if status < 400:
        return f"The check sent {sent}, and was let in. {cost}"
    instead = {
        403: "403 says: I know who you are, and you may not. Here nobody has proved who they are.",
        404: "404 says that a thing is not there, and tells a stranger what is.",
        422: "422 says that the request has a wrong form, before it is known who sends it.",
    }.get(status, "Whatever is wrong with it, the answer is the same.")
    return f"The check sent {sent}. {instead} Whoever cannot be identified gets 401."


# The secret and signing up --------------------------------------------------------------------------


def starts(request: pytest.FixtureRequest) -> str:
    try:
        with request.getfixturevalue("start")():
            return "the app starts"
    except (LoadProblem, StartupFailed):
        return "the app does not start"


@section("signing-up")
@hints(
    "A model with id, name and role is all that anybody needs to see. A Member has more.",
    "members.find() knows whether there is such a name. 409 is for what is in the way of another.",
    "Of the body, only name and password are meant for the store.",
)
def test_signing_up(club, rng):
    """POST /members makes a member, and answers with id, name and role."""
    for name in (new_name(rng), "a_b"):
        body = {"name": name, "password": new_password(rng)}
        response = club.api.post("/members", json=body)
        assert response.status_code == 201
        member = club.store.members.find(name)
        assert member is not None, f"The answer was 201, and the store has no {name}."
        assert response.json() == {"id": member.id, "name": name, "role": "member"}
    before = club.state
    for other in (name, name.upper()):
        response = club.api.post("/members", json={**body, "name": other})
        assert response.status_code == 409
    for wrong in ({"name": "a b"}, {"name": "ab"}, {"password": "7"}, {"password": None}):
        response = club.api.post("/members", json={**body, "name": new_name(rng), **wrong})
        assert response.status_code == 422
    assert club.state == before, STATE_CHANGED
    name = new_name(rng)
    more = {"role": "admin", "disabled": False, "id": 77, "token_version": 9}
    response = club.api.post("/members", json={**body, "name": name, **more})
    member = club.store.members.find(name)
    role = member.role if member else "nobody"  # to refuse it is fine, too
    assert role != "admin", (
        'The body said "role": "admin", and the new member is an admin. Do not hand on everything '
        "that a body holds."
    )
    assert response.status_code in (201, 422)
    response = club.api.post("/members", json={**body, "name": "frieda"})
    assert response.status_code == 201
    member = club.store.members.find("frieda")
    assert response.json() == {"id": member.id, "name": "frieda", "role": "admin"}, (
        "Whoever signs up as frieda becomes an admin: members.add() says so. The answer shows the "
        "role of the member in the store."
    )


@section("the-secret")
@hints("settings.py reads the secret, and fails when there is none, or one that is too short.")
def test_no_start_without_a_secret(environment, argon2, monkeypatch, request):
    """Without a SECRET_KEY of 32 characters the app does not start."""
    short = environment["SECRET_KEY"][:31]
    for secret, says in ((short, "has 31 characters"), (None, "is not set")):
        if secret:
            monkeypatch.setenv("SECRET_KEY", secret)
        else:
            monkeypatch.delenv("SECRET_KEY")
        found = starts(request)
        assert found == "the app does not start", (
            f"SECRET_KEY {says}, and the app has started. A key in the source is known to all who "
            "read it, and a short one is found by trying."
        )


@section("signing-up")
@needs("test_signing_up")
@hints(
    "PasswordHash of pwdlib makes hashes, and knows which parameters are good today.",
    "hasher = PasswordHash.recommended(), once, and hasher.hash(new.password).",
)
def test_the_store_keeps_a_hash(club, rng):
    """The store keeps an Argon2 hash of the password, with a salt of its own."""
    password = new_password(rng)
    people = [club.sign_up(password=password) for _ in range(2)]
    kept = [club.store.members.get(person.id).password_hash for person in people]
    found = ARGON2.fullmatch(kept[0])
    family = found["family"] if found else "something else"
    assert family == "argon2id", (
        "password_hash in the store is no Argon2id hash, $argon2id$v=19$m=…,t=…,p=…$…$…. Whoever "
        "gets to see the members can read the passwords, or try billions of them a second."
    )
    salts = {ARGON2.fullmatch(text)["salt"] for text in kept}
    assert len(salts) == 2, (
        "Two members have the same password, and their hashes have the same salt. Whoever finds "
        "out one password has them all."
    )
    cost = int(found["m"]) * int(found["t"])
    strong = "strong enough" if cost >= 36864 and int(found["m"]) >= 7168 else "too cheap"
    assert strong == "strong enough", (
        f"This hash takes m={found['m']} KiB of memory, and t={found['t']} rounds. That is less "
        "than OWASP asks for. PasswordHash.recommended() takes m=65536 and t=3."
    )


# Logging in -----------------------------------------------------------------------------------------


@section("logging-in")
@needs("test_the_store_keeps_a_hash")
@hints(
    "form: Annotated[OAuth2PasswordRequestForm, Depends()] has form.username and form.password.",
    "hasher.verify(form.password, member.password_hash) compares, exactly.",
)
def test_logging_in(club, rng):
    """POST /login takes a form, and gives a token for the right password only."""
    for password in (f" {new_password(rng)} ", "Sésame 钥匙 öffne", new_password(rng) * 6):
        person = club.sign_up(password=password)
        for name in (person.name, person.name.swapcase()):
            response = club.log_in(name, password)
            assert response.status_code == 200, (
                f'The member signed up with the password "{password[:20]}", and cannot log in '
                f"with it as {name}. In a name, upper and lower case make no difference. A password "
                "is taken as it is."
            )
            assert type(response.json()["access_token"]) is str, "access_token is a text."
            assert response.json()["token_type"].lower() == "bearer", 'token_type is "bearer".'
        hashed = club.store.members.get(person.id).password_hash
        for sent in (password.swapcase(), password[:-1], password.strip() + "  ", hashed):
            response = club.log_in(person.name, sent)
            assert response.status_code == 401, (
                f'The check sent "{sent[:20]}" as the password, which is wrong.'
            )
            assert response.headers.get("www-authenticate") == challenge(response), NO_CHALLENGE


@section("logging-in")
@needs("test_logging_in")
@hints(
    "One raise for all of them, behind one if.",
    "When is Argon2 not asked at all? Verify against a dummy hash when there is no such member.",
    "Verify first, and only then ask whether there is a member, and whether they are disabled.",
)
def test_failed_logins_look_alike(club, rng):
    """A failed login does not tell whether the member exists, or is disabled."""
    person, disabled = club.sign_up(), club.sign_up()
    club.store.members.change(disabled.id, disabled=True)
    wrong = new_password(rng)
    club.log_in(new_name(rng), wrong)  # the first time, something may still be prepared
    club.argon2.forget()
    expected = club.log_in(person.name, wrong)
    work = sum(club.argon2.costs)
    for what, name, password in (
        ("a name that nobody has", new_name(rng), wrong),
        ("the right password of a disabled member", disabled.name, disabled.password),
        ("a wrong password of a disabled member", disabled.name, wrong),
        ("a name that nobody can have", "who is this?", wrong),
        ("a password that is too short for anybody", person.name, "x"),
    ):
        club.argon2.forget()
        response = club.log_in(name, password)
        assert response.status_code == 401, (
            f"The check sent {what}. That is 401, as with a wrong password."
        )
        assert response.text == expected.text, (
            f"The check sent {what}, and was told something else than after a wrong password. So a "
            "stranger can find out which names there are."
        )
        heads = [sorted(r.headers.keys() - {"date"}) for r in (response, expected)]
        assert heads[0] == heads[1], f"After {what}, other headers came than with a wrong password."
        assert challenge_of(response) == challenge_of(expected), (
            f"After {what}, WWW-Authenticate says something else than after a wrong password, and "
            "a stranger can read it."
        )
        ratio = "the same work" if sum(club.argon2.costs) == work else "more or less work"
        assert ratio == "the same work", (
            f"After {what}, Argon2 has not worked as long as after a wrong password. With a watch, "
            "a stranger finds out which names there are."
        )


@section("the-token")
@needs("test_logging_in")
@hints(
    'jwt.encode({"sub": …, "exp": …}, settings.secret_key, "HS256")',
    '"sub": str(member.id), and "exp": datetime.now(UTC) + timedelta(seconds=…)',
)
def test_what_the_token_says(club):
    """A token is signed with HS256 and SECRET_KEY, says who it is for, and when it ends."""
    person = club.sign_up()
    before = time.time()
    response = club.log_in(person.name, person.password)
    after = time.time()
    assert response.status_code == 200
    token = response.json()["access_token"]
    try:
        header, claims = opened(token)
    except ValueError:
        header, claims = None, None
    form = "a JWT" if isinstance(header, dict) and isinstance(claims, dict) else "another text"
    assert form == "a JWT", "access_token is no JWT: three parts of base64, with dots between them."
    algorithm = header.get("alg")
    assert algorithm == "HS256", "The token must say in its header that it is signed with HS256."
    start, _, last = token.rpartition(".")
    key = "SECRET_KEY" if last == signature(start, club.secret) else "another key"
    assert key == "SECRET_KEY", "The token is not signed with SECRET_KEY of the environment."
    subject = claims.get("sub")
    assert type(subject) is str, "sub is the id of the member, as a text: the standard wants one."
    assert type(claims.get("exp")) in (int, float), "The token has no exp: it would never end."
    fits = before - 1 <= claims["exp"] - club.ttl <= after + 1
    seconds = club.ttl if fits else round(claims["exp"] - after)
    assert seconds == club.ttl, (
        f"ACCESS_TOKEN_TTL is {club.ttl} seconds, and exp is another time away from now. Is it a "
        "fixed number, or datetime.now() without a zone, which PyJWT takes for UTC?"
    )
    hashed = club.store.members.get(person.id).password_hash
    told = any(secret in str(claims) for secret in (person.password, hashed))
    assert ("a secret" if told else "no secret") == "no secret", (
        "The token holds the password or its hash. It is signed and not encrypted: everybody who "
        "gets hold of it can read it."
    )


@section("the-token")
@needs("test_what_the_token_says")
@hints(
    'token: Annotated[str, Depends(OAuth2PasswordBearer(tokenUrl="login"))]',
    'jwt.decode(token, settings.secret_key, algorithms=["HS256"]) gives the claims.',
    'members.get(int(claims["sub"])) is the member.',
)
def test_the_token_names_its_member(club):
    """GET /me shows the member whom the token names."""
    people = [club.member() for _ in range(3)]
    for person, scheme in zip(people, ("Bearer", "bearer", "BEARER"), strict=True):
        response = club.ask(ME, {"Authorization": f"{scheme} {person.token}"})
        assert response.status_code == 200, (
            "The check sent the token that POST /login has just given it, in a header that begins "
            f"with {scheme}."
        )
        assert response.json() == person.profile, (
            f"The check sent a token of {person.name}. Three members are logged in, and the answer "
            "shows another one, or something else than id, name and role."
        )
    now = int(time.time())
    response = club.ask(ME, bearer(forged(people[1].token, club.secret, exp=now + 30)))
    assert response.status_code == 200, (
        "The check has made a token with the same claims, for another 30 seconds, signed with "
        "SECRET_KEY. It is as good as one of the app."
    )


# Attacks --------------------------------------------------------------------------------------------


@section("tokens-that-count-for-nothing")
@needs("test_the_token_names_its_member")
@hints(
    "OAuth2PasswordBearer refuses a request without the header by itself.",
    "Which operation has no current member among its dependencies?",
    "What a dependency raises comes before the body and the path of the operation are looked at.",
)
def test_no_token_is_401(club):
    """Without a token in the header Authorization, every operation but two is 401."""
    admin = club.member("admin")
    operations = club.protected(admin)
    before = club.state
    cookies = f"token={admin.token}; access_token={admin.token}"
    for number, (operation, more) in enumerate(operations):
        name = " ".join(operation)
        club.refuses(operation, f"{name} without a token", "Everyone can do this.", {}, **more)
        for sent, cost, headers in (
            ("a token without the word Bearer", "", {"Authorization": admin.token}),
            ("a token as Basic", "", {"Authorization": f"Basic {admin.token}"}),
            ('"Bearer" without a token', "", {"Authorization": "Bearer "}),
            ("a token in a cookie", "Browsers send cookies by themselves.", {"Cookie": cookies}),
        )[number % 2 :: 2]:
            club.refuses(operation, sent, cost, headers, **more)
        query = {"token": admin.token, "access_token": admin.token}
        cost = "Addresses stand in logs and in the history of browsers."
        club.refuses(operation, "a token in the query string", cost, {}, params=query, **more)
    for operation, more in (
        (("GET", "/entries/abc"), {}),
        (("DELETE", "/entries/999999"), {}),
        (("PUT", "/entries/abc"), {"json": {"title": ""}}),
        (WRITE, {"json": {"title": 7}}),
        (("PUT", "/me/password"), {"json": {"old_password": "x", "new_password": 7}}),
        (("PATCH", "/members/999999"), {"json": {"disabled": "perhaps"}}),
    ):
        club.refuses(operation, f"{' '.join(operation)} without a token", "", {}, **more)
    assert club.state == before, STATE_CHANGED


def wrong_signatures(token, other, secret):
    """Tokens that everybody can write, for every member."""
    head, payload, last = token.split(".")
    header, claims = opened(token)
    own = "a key that the attacker has made up"
    flipped = ("B" if last[0] == "A" else "A") + last[1:]
    others = opened(other)[1] | {"sub": claims["sub"], "role": "admin"}
    yield (
        "a member's token with the sub of an admin written into it",
        f"{head}.{pack(others)}.{other.split('.')[2]}",
    )
    yield "a token with one character of its signature changed", f"{head}.{payload}.{flipped}"
    yield "a token with half a signature", f"{head}.{payload}.{last[:20]}"
    yield "a token without its signature", f"{head}.{payload}."
    yield "a token with the signature of another one", f"{head}.{payload}.{other.split('.')[2]}"
    yield "a token that was signed with another key", signed(header, claims, own)
    yield "a token that was signed with an empty key", signed(header, claims, "")
    brought = header | {"jwk": {"kty": "oct", "k": pack(own.encode())}}
    yield "a token that brings its key along", signed(brought, claims, own)
    for name, digest in (("HS512", "sha512"), ("HS384", "sha384"), ("HS512", "sha256")):
        other = signed(header | {"alg": name}, claims, secret, digest)
        yield f"a token whose header says {name}, signed with SECRET_KEY", other
    for name in ("none", "None", "nOnE", ""):
        start = f"{pack(header | {'alg': name})}.{pack(claims)}"
        yield f'a token whose header says "alg": "{name}", without a signature', f"{start}."
        yield f'a token whose header says "alg": "{name}", with a signature', f"{start}.{last}"
    for name in ("RS256", "hs256", ..., None, 256, ["HS256"]):
        says = "no alg" if name is ... else f'"alg": {json.dumps(name)}'
        token = signed(changed(header, {"alg": name}), claims, secret)
        yield f"a token that is signed with HS256, and whose header has {says}", token


def rubbish(token, secret):
    """What is no token at all, or falls apart when somebody looks into it."""
    head, payload, last = token.split(".")
    good = {"alg": "HS256", "typ": "JWT"}
    yield "some text instead of a token", "nonsense"
    yield "two parts of a token", f"{head}.{payload}"
    yield "a token with four parts", f"{token}.{last}"
    yield "two dots", ".."
    yield "three parts that are no base64", "!!!.???.###"
    yield "a token whose header is no JSON", f"{pack(b'{')}.{payload}.{last}"
    yield "a token whose header is a list", signed([], opened(token)[1], secret)
    yield "a token whose claims are no JSON", signed(good, b"{", secret)
    yield "a token whose claims are a list", signed(good, ["sub", "exp"], secret)
    yield "a token whose claims are no UTF-8", signed(good, b"\xff\xfe", secret)
    yield "a token with letters of Latin-1", token.replace(".", "\xe9.", 1)
    yield "a very long text", "x" * 50_000


@section("tokens-that-count-for-nothing")
@needs("test_no_token_is_401")
@hints(
    "Only the signature proves anything. jwt.decode() verifies it, unless it is told not to.",
    "Which algorithm counts is for the app to say, and not for the token: algorithms=['HS256'].",
    "jwt.decode() raises for each of these. All its exceptions are an InvalidTokenError.",
)
def test_a_forged_token_is_401(club):
    """A token that is broken, or not signed with HS256 and SECRET_KEY, is 401."""
    admin, member = club.member("admin"), club.member()
    operations = club.protected(admin)
    before = club.state
    forgeries = [
        *wrong_signatures(admin.token, member.token, club.secret),
        *rubbish(admin.token, club.secret),
    ]
    cost = "Everyone can write such a token, for every member."
    for number, (sent, token) in enumerate(forgeries):
        headers = {"Authorization": b"Bearer " + token.encode("latin-1")}
        club.refuses(ME, sent, cost, headers)
        operation, more = operations[number % len(operations)]
        club.refuses(operation, sent, cost, headers, **more)
    assert club.state == before, STATE_CHANGED


@section("tokens-that-count-for-nothing")
@needs("test_no_token_is_401")
@hints(
    "PyJWT looks at exp when it is there. When it is not there, that is fine with PyJWT.",
    'options={"require": ["exp", "sub"]}',
    "int() raises ValueError for what is no number: catch it together with InvalidTokenError.",
)
def test_what_a_token_must_say(club):
    """A token that is over, not valid yet, or names nobody, is 401."""
    admin = club.member("admin")
    now = int(time.time())
    for claims, sent in (
        ({"exp": now - 1}, "a token that expired a second ago"),
        ({"exp": 0}, "a token that expired in 1970"),
        ({"exp": ...}, "a token without exp, which would never end"),
        ({"exp": None}, "a token whose exp is null"),
        ({"exp": "soon"}, 'a token whose exp is "soon"'),
        ({"nbf": now + 3600}, "a token that is valid in an hour (nbf)"),
        ({"sub": ...}, "a token without sub"),
        *(
            ({"sub": value}, f"a token whose sub is {json.dumps(value)[:20]}")
            for value in (None, "", "0", "-1", "999999", "nobody", "1.5", "9" * 5000)
        ),
        *(
            ({"sub": value}, f"a token whose sub is {json.dumps(value)}, which is no text")
            for value in (admin.id, True, [str(admin.id)], {"id": admin.id})
        ),
    ):
        headers = bearer(forged(admin.token, club.secret, **claims))
        for operation in (ME, ("GET", "/members")):
            cost = f"{next(iter(claims))} is not looked at, or not closely enough."
            club.refuses(operation, f"{sent}, signed with SECRET_KEY", cost, headers)
    for name in opened(admin.token)[1].keys() - {"exp", "sub"}:
        response = club.ask(ME, bearer(forged(admin.token, club.secret, **{name: ...})))
        assert response.status_code in (200, 401), (
            f"Your tokens have a claim {name}, and one without it is a {response.status_code}. "
            "Tokens of an older version of your app look like this."
        )


# Entries --------------------------------------------------------------------------------------------


@section("entries")
@needs("test_no_token_is_401")
@hints(
    "entries.add(member.id, …): the owner is the current member, whatever the body says.",
    "The list holds those whose owner_id is the id of the current member.",
    "A model with id, title and text is the answer.",
)
def test_entries_are_written_and_changed(club, rng):
    """The operations of /entries write, list, show, replace and delete what is one's own."""
    one, other = club.member(), club.member()
    mine, theirs = [], []
    for person, rows in ((one, mine), (other, theirs), (one, mine), (one, mine)):
        rows.append(club.entry(person))
    for person, rows in ((one, mine), (other, theirs), (club.member("admin"), [])):
        response = club.ask(LIST, person.headers)
        assert response.status_code == 200
        titles = [entry["title"] for entry in response.json()]
        assert titles == [entry["title"] for entry in rows], (
            f"{person.name} has written {len(rows)} entries. The list shows those and no others, "
            "the oldest first."
        )
        assert response.json() == rows
    response = club.ask(WRITE, one.headers, json={"title": "x", "owner_id": other.id, "id": 1})
    owner = {201: one.id, 422: one.id}.get(response.status_code)
    if response.status_code == 201:
        owner = club.store.entries.get(response.json()["id"]).owner_id
        assert response.json()["text"] == "", "A text that is not sent is empty."
        mine.append(response.json())
    assert owner == one.id, (
        "The body named another member as the owner, and had an effect: one can write in the name "
        "of others. The owner is the member whose token it is."
    )
    for number, body in ((1, {"title": "New", "text": "t"}), (0, {"title": "y" * 100})):
        path = f"/entries/{mine[number]['id']}"
        mine[number] = {"text": "", **body, "id": mine[number]["id"]}
        response = club.ask(("PUT", path), one.headers, json=body)
        assert response.status_code == 200
        assert response.json() == mine[number]
        response = club.ask(("GET", path), one.headers)
        assert response.status_code == 200
        assert response.json() == mine[number]
        assert club.store.entries.get(mine[number]["id"]).owner_id == one.id, (
            "A PUT has given the entry to somebody else."
        )
    before = club.state
    for wrong in ({"title": ""}, {"title": "y" * 101}, {"text": "x"}, {"title": "x", "text": None}):
        for operation in (WRITE, ("PUT", path)):
            response = club.ask(operation, one.headers, json=wrong)
            assert response.status_code == 422
    for method in ("GET", "DELETE"):
        response = club.ask((method, "/entries/abc"), one.headers)
        assert response.status_code == 422
    assert club.state == before, STATE_CHANGED
    gone = mine.pop(1)
    response = club.ask(("DELETE", f"/entries/{gone['id']}"), one.headers)
    assert response.status_code == 204
    assert response.text == "", "204 says that there is no body."
    assert club.store.entries.get(gone["id"]) is None, "The answer was 204, and the store has it."
    response = club.ask(LIST, one.headers)
    assert response.json() == mine


@section("entries")
@needs("test_entries_are_written_and_changed")
@hints(
    "Is there such an entry, and is it mine? Two questions, and one answer.",
    "A dependency that gives the entry of the path, or raises 404, for all three operations.",
    "if entry is None or entry.owner_id != member.id: raise HTTPException(404, …)",
)
def test_entries_of_others_are_404(club, rng):
    """An entry of somebody else is 404, as if it were not there, also for an admin."""
    owner, admin, stranger = club.member(), club.member("admin"), club.member()
    club.entry(stranger)
    entry = club.entry(owner)
    before = club.state
    for who, person in (("another member", stranger), ("an admin", admin)):
        for method in ("GET", "PUT", "DELETE"):
            more = {"json": {"title": "Mine now"}} if method == "PUT" else {}
            expected = club.ask((method, "/entries/999999"), person.headers, **more)
            response = expected
            assert response.status_code == 404
            response = club.ask((method, f"/entries/{entry['id']}"), person.headers, **more)
            assert response.status_code == 404, why_404(response, method, who)
            # Who names the id in the text names it in both.
            same = expected.text.replace("999999", str(entry["id"]))
            assert response.text == same, (
                "An entry of somebody else, and one that is not there, are both 404, and say it in "
                "other words. So by trying numbers, one finds out what there is."
            )
            heads = [sorted(r.headers.keys() - {"date"}) for r in (response, expected)]
            assert heads[0] == heads[1], "Both are 404, and have other headers."
    assert club.state == before, STATE_CHANGED
    response = club.ask(("GET", f"/entries/{entry['id']}"), owner.headers)
    assert response.json() == entry


def why_404(response, method, who):
    if response.status_code == 403:
        return (
            f"The entry belongs to somebody else, and {who} sent this {method}. 403 says that it "
            "is there: by trying numbers, one finds out how much the others write."
        )
    if response.is_success:
        return f"The entry belongs to somebody else, and {who} got through with this {method}."
    return ""


# A new password -------------------------------------------------------------------------------------


def new_password_for(club, person, old, new):
    """PUT /me/password."""
    body = {"old_password": old, "new_password": new}
    return club.ask(("PUT", "/me/password"), person.headers, json=body)


def why_not_403(response):
    if response.is_success:
        return (
            "The old password is wrong. Whoever finds a phone unlocked could take the account "
            "over, and lock its owner out."
        )
    if response.status_code == 401:
        return (
            "The token is right, so we know who it is: 401 tells a client to log in again. Or was "
            "it ended by the change before this one, which was refused?"
        )
    if response.status_code == 422:
        return (
            "The old password is a text, and the wrong one. Only the new one has to be a Password: "
            "whatever is sent as the old one is compared, however short it is."
        )
    return "The form of the request is right, and what it says is not: 403."


@section("a-new-password")
@needs("test_no_token_is_401")
@hints(
    "hasher.verify(change.old_password, member.password_hash), and 403 when it does not fit.",
    "members.change(member.id, password_hash=hasher.hash(change.new_password))",
)
def test_changing_the_password(club, rng):
    """PUT /me/password takes the old password, and from then on the new one counts."""
    person, other = club.member(), club.member()
    before = club.state
    wrong = person.password.swapcase()
    hashed = club.store.members.get(person.id).password_hash
    for old in (wrong, other.password, hashed, "x"):
        response = new_password_for(club, person, old, new_password(rng))
        assert response.status_code == 403, why_not_403(response)
    for body in (
        {"old_password": person.password, "new_password": "x" * 7},
        {"old_password": person.password, "new_password": "x" * 129},
        {"old_password": person.password},
        {"new_password": new_password(rng)},
    ):
        response = club.ask(("PUT", "/me/password"), person.headers, json=body)
        assert response.status_code == 422
    assert club.state == before, STATE_CHANGED
    response = club.ask(ME, person.headers)
    assert response.status_code == 200, "The change was refused, and the token is worth nothing."
    for new in (f" {new_password(rng)} ", "x" * 128, "钥匙钥匙钥匙钥匙"):
        person = club.member()
        response = new_password_for(club, person, person.password, new)
        assert response.status_code == 204
        assert response.text == "", "204 says that there is no body."
        response = club.log_in(person.name, person.password)
        assert response.status_code == 401, "The old password still counts after the change."
        response = club.log_in(person.name, new)
        assert response.status_code == 200, "The new password does not count after the change."
    kept = ARGON2.fullmatch(club.store.members.get(person.id).password_hash)
    assert (kept["family"] if kept else "something else") == "argon2id", (
        "After a change, the store keeps something else than an Argon2id hash of the password."
    )
    response = club.log_in(other.name, other.password)
    assert response.status_code == 200, "Somebody else has changed their password, not this one."


def at_a_full_second():
    """Wait until most of a second is left, so that what follows falls into one and the same."""
    rest = 1 - time.time() % 1
    if rest < 0.5:
        time.sleep(rest + 0.005)


@section("a-new-password")
@needs("test_changing_the_password")
@hints(
    "What can stand in a token, and in the store, that is another one after each change?",
    "token_version of a Member: put it into the token, and count it up with each new password.",
    'claims["ver"] != member.token_version is 401, where the current member is found.',
)
def test_a_new_password_ends_old_tokens(club, rng):
    """After PUT /me/password, all older tokens are 401, and all newer ones count."""
    person, other, admin = club.member(), club.member(), club.member("admin")
    at_a_full_second()
    old = [person.token, *(club.token_of(person) for _ in range(2))]
    ends = int(time.time()) + 60
    old += [forged(token, club.secret, exp=ends) for token in old]
    first = person.password
    for new in (new_password(rng), first):
        response = new_password_for(club, person, person.password, new)
        assert response.status_code == 204
        person.password = new
        person.token = club.token_of(person)
        for token in old:
            response = club.ask(ME, bearer(token))
            assert response.status_code == 401, (
                "The token was issued before the password changed, and still counts. Whoever has "
                "stolen it stays in. (All this happened within one second.)"
                if new != first
                else "The password was changed twice, and is the first one again. A token from "
                "before both changes counts again."
            )
            assert response.headers.get("www-authenticate") == challenge(response), NO_CHALLENGE
        for operation in (LIST, ("GET", "/members"), ("DELETE", "/entries/1")):
            club.refuses(operation, "a token that is older than the password", "", bearer(old[0]))
        response = club.ask(ME, person.headers)
        assert response.status_code == 200, (
            "The token was issued after the password changed, and does not count. The change and "
            "the login fell into the same second, and PyJWT writes iat in whole seconds."
        )
        old.append(person.token)
    for somebody in (other, admin):
        response = club.ask(ME, somebody.headers)
        assert response.status_code == 200, (
            "Somebody else has changed their password, and the token of this member does not "
            "count any more."
        )


# Admins ---------------------------------------------------------------------------------------------


@section("admins")
@needs("test_no_token_is_401")
@hints(
    'A dependency on the current member: if member.role != "admin", raise HTTPException(403, …).',
    "dependencies=[Depends(require_admin)] in both decorators, or on a router.",
    "A body model with disabled: bool, and no other field.",
)
def test_admins_see_and_disable_members(club):
    """GET /members and PATCH /members/{member_id} are for admins: 403 for every other member."""
    people = [club.member(), club.member("admin"), club.member()]
    member, admin, last = people
    patch = ("PATCH", f"/members/{last.id}")
    before = club.state
    more = {"role": "admin", "roles": ["admin"], "scope": "admin", "is_admin": True, "admin": True}
    claiming = bearer(forged(member.token, club.secret, **more))
    for operation, body in (
        (("GET", "/members"), {}),
        (patch, {"json": {"disabled": True}}),
        (("PATCH", "/members/999999"), {"json": {"disabled": "perhaps"}}),
        (("PATCH", "/members/abc"), {"json": {"disabled": True}}),
    ):
        response = club.ask(operation, member.headers, **body)
        assert response.status_code == 403, (
            "A member who is no admin sent this, and the role was not looked at first. What stands "
            "in dependencies=[…] of a decorator or a router comes before the body and the path."
        )
        response = club.ask(operation, claiming, **body)
        assert response.status_code in (401, 403), (
            "The check sent a token that says admin. The store says member, and the store is right."
        )
    assert club.state == before, STATE_CHANGED
    rows = [{**person.profile, "disabled": False} for person in people]
    person_fields = ("id", "name", "role")
    for disabled in (True, True, False):
        rows[2]["disabled"] = disabled
        body = {"disabled": disabled, "role": "admin", "name": "x"}
        response = club.ask(patch, admin.headers, json=body)
        if response.status_code == 422:  # to refuse the rest is fine, too
            response = club.ask(patch, admin.headers, json={"disabled": disabled})
        assert response.status_code == 200
        others = {name: response.json().get(name) for name in person_fields}
        assert others == {name: rows[2][name] for name in person_fields}, (
            "The body held a role and a name too, and they had an effect. Hand on what you have "
            "named, and not everything that a body holds."
        )
        assert response.json() == rows[2]
        response = club.ask(("GET", "/members"), admin.headers)
        assert response.status_code == 200
        assert response.json() == rows
    response = club.ask(("PATCH", "/members/999999"), admin.headers, json={"disabled": True})
    assert response.status_code == 404
    for body in ({}, {"disabled": None}, {"disabled": "perhaps"}):
        response = club.ask(patch, admin.headers, json=body)
        assert response.status_code == 422
    for role, status in (("admin", 200), ("member", 403)):
        club.store.members.change(member.id, role=role)
        response = club.ask(("GET", "/members"), member.headers)
        assert response.status_code == status, (
            f"The store says {role} now. The role that counts is not the one of the login."
        )
        response = club.ask(ME, member.headers)
        assert response.json() == {**member.profile, "role": role}


@section("tokens-that-count-for-nothing")
@needs("test_admins_see_and_disable_members")
@hints(
    "A token stays valid when its member is deleted or disabled. Look the member up, each time.",
    "Ask for disabled where the current member is found, so that no operation can forget it.",
)
def test_who_is_gone_is_401(club, rng):
    """A member who is disabled or deleted gets 401, from the next request on."""
    admin, person, other = club.member("admin"), club.member("admin"), club.member()
    operations = club.protected(person)
    path = f"/members/{person.id}"
    response = club.ask(("PATCH", path), admin.headers, json={"disabled": True})
    assert response.status_code == 200
    before = club.state
    for operation, more in operations:
        cost = "They go on as before."
        club.refuses(operation, "the token of a disabled member", cost, person.headers, **more)
    response = club.log_in(person.name, person.password)
    assert response.status_code == 401, "This member is disabled, and may not log in."
    assert club.state == before, STATE_CHANGED
    response = club.ask(ME, other.headers)
    assert response.status_code == 200, "Somebody else is disabled, and this member is locked out."
    response = club.ask(("PATCH", path), admin.headers, json={"disabled": False})
    assert response.status_code == 200
    response = club.ask(ME, bearer(club.token_of(person)))
    assert response.status_code == 200, "The member is enabled again, and a new token is refused."
    club.store.members.delete(person.id)
    again = club.member(name=person.name)
    for operation, more in (operations[0], operations[2], operations[7]):
        cost = "The old token opens the account, or the new account of somebody else."
        sent = "the token of a deleted member whose name is taken again"
        club.refuses(operation, sent, cost, person.headers, **more)
    response = club.ask(ME, again.headers)
    assert response.json() == again.profile


@section("logging-in")
@needs("test_logging_in", "test_changing_the_password")
@hints(
    "Is one of the functions an async def? Then what it calls runs on the event loop.",
    "A plain def runs in a thread. Or: await asyncio.to_thread(hasher.verify, …).",
)
def test_hashing_leaves_the_loop_free(club, rng):
    """While a password is hashed or verified, other requests are answered."""
    person = club.member()
    new_password_for(club, person, "not this one", new_password(rng))
    response = new_password_for(club, person, person.password, new_password(rng))
    assert response.status_code == 204
    where = "on the event loop" if club.argon2.blocked else "in a thread"
    assert where == "in a thread", (
        "POST /members, POST /login or PUT /me/password works out a hash on the event loop, in an "
        "async def. For as long as that takes, no other request is answered."
    )


@terminal_only("the browser runs one function after the other")
@section("signing-up")
@needs("test_signing_up", "test_hashing_leaves_the_loop_free")
@hints(
    "Between members.find() and members.add() a hash is made, and others sign up.",
    "members.add() raises ValueError when the name is taken. That is a 409 as well.",
)
def test_a_name_is_given_once(club, monkeypatch, rng):
    """POST /members gives a name to one of two who sign up together: the other one is 409."""
    both, note = threading.Barrier(2), club.argon2._note

    def meet(cost):
        """Both are at work on their hashes, unless the one waits for the other."""
        note(cost)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)

    monkeypatch.setattr(club.argon2, "_note", meet)
    add, one_at_a_time = club.store.Members.add, threading.Lock()

    def locked(*args, **kwargs):
        with one_at_a_time:
            return add(*args, **kwargs)

    monkeypatch.setattr(club.store.Members, "add", locked)
    name, password = new_name(rng), new_password(rng)
    responses = club.api.together(
        [
            club.api.build_request("POST", "/members", json={"name": n, "password": password})
            for n in (name, name.upper())
        ]
    )
    statuses = sorted(response.status_code for response in responses)
    assert statuses == [201, 409], (
        "Two people signed up with one name at the same moment. Both names were looked up before "
        "one of them was in the store: only members.add() knows. One is 201, the other one 409."
    )
