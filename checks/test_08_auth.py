import hmac
import importlib
import json
import os
import re
import secrets
import string
import time
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from course.harness import hints, needs, section
from course.harness.hashing import ARGON2, Argon2
from course.harness.lifespan import StartupFailed
from course.harness.load import LoadProblem
from course.harness.tokens import bearer, changed, opened, pack, signed, unpack

# The app may be imported before the first check, and does not start without a secret.
os.environ["SECRET_KEY"] = secrets.token_hex(16)

ME = ("GET", "/users/me")
LEAVE = ("DELETE", "/users/me")
SELL = ("POST", "/products")
DISCARD = ("DELETE", "/products/1")
PROTECTED = (ME, LEAVE, SELL, DISCARD)

WELL_KNOWN = (
    "",
    "secret",
    "changeme",
    "your-secret-key",
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
)
LEAST = {1: 47104, 2: 19456, 3: 12288, 4: 9216, 5: 7168}  # KiB that OWASP asks for, by rounds


# What the checks know of the app --------------------------------------------------------------------


@dataclass
class Person:
    """Somebody who has signed up."""

    id: int
    username: str
    password: str
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return bearer(self.token)

    @property
    def profile(self) -> dict[str, Any]:
        return {"id": self.id, "username": self.username, "role": "user"}


@dataclass
class Shop:
    """The learner's running app, and what the environment has told it."""

    api: httpx.Client
    store: ModuleType
    secret: str
    ttl: int
    rng: Any
    argon2: Argon2

    def sign_up(self, username: str = "", password: str = "") -> Person:
        username = username or new_name(self.rng)
        password = password or new_password(self.rng)
        response = self.api.post("/users", json={"username": username, "password": password})
        assert response.status_code == 201
        return Person(response.json()["id"], username, password)

    def member(self, role: str = "user", username: str = "", password: str = "") -> Person:
        """Somebody with this role, who has signed up and logged in."""
        person = self.sign_up(username, password)
        self.store.users.change(person.id, role=role)
        response = self.log_in(person.username, person.password)
        assert response.status_code == 200
        person.token = response.json()["access_token"]
        return person

    def log_in(self, username: str, password: str) -> httpx.Response:
        data = {"grant_type": "password", "username": username, "password": password}
        return self.api.post("/auth/token", data=data)

    def ask(self, operation: tuple[str, str], headers: Any = None, **more: Any) -> httpx.Response:
        method, path = operation
        if operation == SELL:
            more = {"json": {"name": "Clay pot", "price_cents": 950}} | more
        return self.api.request(method, path, headers=headers, **more)

    def refuses(self, sent: str, cost: str, headers: Any, **more: Any) -> None:
        """Each of these operations answers 401, with its challenge."""
        for operation in PROTECTED:
            response = self.ask(operation, headers, **more)
            assert response.status_code == 401, why_401(response, sent, cost)
            assert response.headers.get("www-authenticate") == challenge(response), NO_CHALLENGE

    def forged(self, token: str, key: str = "", digest: str = "sha256", **claims: Any) -> str:
        """The token with other claims, signed again. A claim that is `...` is left out."""
        header, payload = opened(token)
        return signed(header, changed(payload, claims), key or self.secret, digest)

    @property
    def state(self) -> tuple[Any, ...]:
        """All that a request could have changed."""
        return dict(self.store._users), dict(self.store.products)


@pytest.fixture
def environment(monkeypatch, folder, rng):
    """What the environment says before main.py is imported: a new secret, and a new TTL."""
    (folder / ".env").unlink(missing_ok=True)
    secret = "".join(rng.choices(string.ascii_letters + string.digits, k=40))
    monkeypatch.setenv("SECRET_KEY", secret)
    monkeypatch.setenv("ACCESS_TOKEN_TTL", str(rng.randint(1000, 9000)))
    return os.environ


@pytest.fixture
def shortest_secret(environment, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", environment["SECRET_KEY"][:32])


@pytest.fixture
def no_ttl(environment, monkeypatch):
    monkeypatch.delenv("ACCESS_TOKEN_TTL")


@pytest.fixture
def argon2(monkeypatch):
    argon2 = Argon2()
    argon2.install(monkeypatch)
    return argon2


@pytest.fixture
def shop(environment, argon2, request, rng):
    api = request.getfixturevalue("api")
    argon2.costs.clear()
    argon2.blocked = False  # before the start, nobody waits
    secret, ttl = environment["SECRET_KEY"], int(environment.get("ACCESS_TOKEN_TTL", "900"))
    return Shop(api, importlib.import_module("store"), secret, ttl, rng, argon2)


def new_name(rng):
    return f"{rng.choice(('Ada', 'Ben', 'Cleo', 'Dina', 'Emil'))}{rng.randint(1000, 999999)}"


def new_password(rng):
    return "Pw " + "".join(rng.choices(string.ascii_letters + string.digits, k=16))


def challenge(response: httpx.Response) -> str:
    """The header WWW-Authenticate as it is, when it is fine: parameters may follow the scheme."""
    given = response.headers.get("www-authenticate", "")
    return given if re.match(r"bearer\b", given, re.IGNORECASE) else "Bearer"


NO_CHALLENGE = (
    "A 401 says in WWW-Authenticate how one proves who one is: Bearer, by a token. Without it, the "
    'client has to guess. HTTPException takes headers={"WWW-Authenticate": "Bearer"}.'
)


def why_401(response: httpx.Response, sent: str, cost: str) -> str:
    status = response.status_code
    if status < 400:
        return f"The check sent {sent}, and was let in. {cost}"
    instead = {
        403: "403 says: I know who you are, and you may not. Here nobody has proved who they are.",
        404: "404 says that a thing is not there, and tells a stranger which users there are.",
        422: "422 says that the request has a wrong form, before it is known who sends it.",
    }.get(status, "Whatever is wrong with it, the answer is the same.")
    return f"The check sent {sent}. {instead} Whoever cannot be identified gets 401."


# The shop window and the secret ---------------------------------------------------------------------


@section("401-or-403")
@hints("Put the guard on the operations that need it, not on the whole app.")
def test_looking_needs_no_token(shortest_secret, shop):
    """GET /products needs no token."""
    for headers in ({}, bearer("nonsense"), {"Authorization": "Basic YTpi"}):
        response = shop.ask(("GET", "/products"), headers)
        assert response.status_code == 200, (
            "Everyone may look at the products, whatever their header Authorization says."
        )
        assert len(response.json()) == 3, "The shop starts with three products."


def starts(request: pytest.FixtureRequest) -> str:
    try:
        with request.getfixturevalue("start")():
            return "the app starts"
    except (LoadProblem, StartupFailed):
        return "the app does not start"


@section("the-secret")
@hints(
    "settings.py reads the secret, and fails when there is none.",
    "from settings import settings, and settings.secret_key wherever a key is needed.",
)
def test_no_start_without_a_secret(environment, argon2, monkeypatch, request):
    """Without SECRET_KEY the app does not start."""
    monkeypatch.delenv("SECRET_KEY")
    found = starts(request)
    assert found == "the app does not start", (
        "SECRET_KEY is not set, and the app has started. With what does it sign? A secret in the "
        "source is known to all who read it, one made up at the start is gone at the next, and "
        "with none at all the first customer sees a 500."
    )


@section("the-secret")
@hints("settings.py asks for at least 32 characters.")
def test_no_start_with_a_short_secret(environment, argon2, monkeypatch, request):
    """With a SECRET_KEY of 31 characters the app does not start."""
    monkeypatch.setenv("SECRET_KEY", environment["SECRET_KEY"][:31])
    found = starts(request)
    assert found == "the app does not start", (
        "SECRET_KEY has 31 characters, and the app has started. Whoever has one token can try "
        "keys on it, at home and for days, until one fits: a short one is found."
    )


# Signing up -----------------------------------------------------------------------------------------


@section("a-hash-instead-of-the-password")
@hints("A model with id, username and role is all that anybody needs. A User has more.")
def test_signing_up(shop, rng):
    """POST /users makes a user, and answers with id, username and role."""
    for name in (new_name(rng), "a_b"):
        password = new_password(rng)
        response = shop.api.post("/users", json={"username": name, "password": password})
        assert response.status_code == 201
        user = shop.store.users.find(name)
        assert user is not None, f"POST /users was answered with 201, and the store has no {name}."
        shown = "password_hash" if user.password_hash in response.text else "no hash"
        assert shown == "no hash", (
            "The answer holds password_hash. A hash is there to be kept: whoever has it can try "
            "passwords on it, as many as they like, at home. Answer with a model that has no such field."
        )
        assert response.json() == {"id": user.id, "username": name, "role": "user"}
    body = {"username": new_name(rng), "password": password}
    response = shop.api.post("/users", json=body, headers=bearer("nonsense"))
    assert response.status_code == 201, (
        "The request had a header Authorization. Nobody needs a token to sign up, so it is not "
        "looked at."
    )
    for body in ({"username": "a b", "password": password}, {"username": "ben", "password": "7"}):
        response = shop.api.post("/users", json=body)
        assert response.status_code == 422


def kept(shop, password):
    """What the store keeps of a password."""
    return shop.store.users.get(shop.sign_up(password=password).id).password_hash


@section("a-hash-instead-of-the-password")
@needs("test_signing_up")
@hints(
    "PasswordHash of pwdlib makes hashes, and knows which parameters are good today.",
    "hasher = PasswordHash.recommended(), once, at the top of the file.",
    "users.add(new.username, password_hash=hasher.hash(new.password))",
)
def test_the_store_keeps_a_hash(shop, rng):
    """The store keeps an Argon2 hash of the password, with a salt of its own."""
    password = new_password(rng)
    first, second = kept(shop, password), kept(shop, password)
    hides = "no password in it" if password not in first else f"password_hash: {password}"
    assert hides == "no password in it", (
        "The store keeps the password itself. Whoever gets to see the users, in a backup or by "
        "one careless query, can log in as every one of them, here and wherever else they use it."
    )
    found = ARGON2.fullmatch(first)
    family = found["family"] if found else family_of(first)
    assert family == "argon2id", (
        f"{quick(first)} Argon2 is made to be slow and to need memory. PasswordHash.recommended() "
        "of pwdlib uses it."
    )
    hashes = "two hashes" if first != second else "one hash for both"
    assert hashes == "two hashes", (
        "Two users have the same password, and the store keeps the same hash for both: it has no "
        "salt, or one that is always the same. Whoever finds out one password has them all."
    )
    assert found["salt"] != ARGON2.fullmatch(second)["salt"], (
        "Two hashes have the same salt. It has to be another one, made at random, each time."
    )
    name = shop.rng.choice(("Salome", "Salvador")) + str(rng.randint(100, 999))
    salts = set()
    for _ in range(2):
        person = shop.sign_up(name, password)
        salts.add(ARGON2.fullmatch(shop.store.users.get(person.id).password_hash)["salt"])
        shop.store.users.delete(person.id)
    assert len(salts) == 2, (
        "Somebody has signed up twice with the same name, and got the same salt: it is made of the "
        "name. Then hashes for common names can be made in advance. A salt is made at random."
    )
    assert len(unpack(found["salt"])) >= 8, "The salt is shorter than 8 bytes."
    least = LEAST[min(int(found["t"]), 5)]
    strong = "strong enough" if int(found["m"]) >= least else "too cheap"
    assert strong == "strong enough", (
        f"This hash takes m={found['m']} KiB of memory, and t={found['t']} rounds. That is less than "
        f"OWASP asks for, m={least} with so many rounds, and passwords are cheap to try. "
        "PasswordHash.recommended() takes m=65536 and t=3."
    )


def family_of(text: str) -> str:
    families = {"$2": "bcrypt", "scrypt": "scrypt", "pbkdf2": "pbkdf2", "$argon2": "argon2"}
    named = next((name for start, name in families.items() if start in text[:12]), "")
    lengths = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
    digest = max(re.findall(r"[0-9a-f]+", text), key=len, default="")
    return named or lengths.get(len(digest), "another form")


def quick(text: str) -> str:
    family = family_of(text)
    if family in ("md5", "sha1", "sha256", "sha512"):
        return (
            f"password_hash looks like {family}, which is made to be fast: a graphics card tries "
            "billions of passwords a second."
        )
    return "password_hash is not the text of an Argon2id hash, $argon2id$v=19$m=…,t=…,p=…$…$…"


@section("a-hash-instead-of-the-password")
@needs("test_signing_up")
@hints("users.find() knows whether there is such a name. 409 is for what is in the way of another.")
def test_a_name_is_taken_once(shop, rng):
    """POST /users with a name that is taken is 409, in upper and lower case, and changes nothing."""
    person = shop.sign_up()
    before = shop.state
    for name in (person.username, person.username.lower(), person.username.upper()):
        body = {"username": name, "password": new_password(rng)}
        response = shop.api.post("/users", json=body)
        assert response.status_code == 409
    assert shop.state == before, (
        "Somebody tried to sign up with a name that is taken, and the store has changed: whoever "
        "knows a name could take the account over."
    )


@section("a-hash-instead-of-the-password")
@needs("test_signing_up")
@hints("Of the body, only username and password are meant for the store.")
def test_nobody_makes_themselves_an_admin(shop, rng):
    """POST /users makes a user with the role user, whatever else the body says."""
    for more in ({"role": "admin"}, {"role": "admin", "disabled": False, "id": 77}):
        name = new_name(rng)
        body = {"username": name, "password": new_password(rng), **more}
        response = shop.api.post("/users", json=body)
        user = shop.store.users.find(name)
        role = user.role if user else "nobody"  # to refuse it is fine, too
        assert role != "admin", (
            'The body of POST /users said "role": "admin", and the new user is an admin. Nobody '
            "but the shop decides on that: do not hand on everything that a body holds."
        )
        assert response.status_code in (201, 422)


# Logging in -----------------------------------------------------------------------------------------


@section("a-form-to-log-in")
@needs("test_signing_up")
@hints(
    "form: Annotated[OAuth2PasswordRequestForm, Depends()] has form.username and form.password.",
    "hasher.verify(form.password, user.password_hash) compares. A hash is never made again to "
    "compare it: its salt would be another one.",
)
def test_logging_in(shop):
    """POST /auth/token takes a form, and answers with a token."""
    person = shop.sign_up()
    response = shop.log_in(person.username, person.password)
    assert response.status_code == 200, (
        "The check has signed up, and logs in with the same name and password. A hash that is made "
        "again to be compared has another salt, and never fits: verify() knows how to compare."
        if response.status_code == 401
        else "The name and the password come as a form, and they are right: 200, with a token."
    )
    assert type(response.json()["access_token"]) is str, "access_token is the token, as a text."
    assert response.json()["token_type"].lower() == "bearer", (
        'token_type says how the token is used: it is "bearer".'
    )


@section("a-form-to-log-in")
@needs("test_logging_in")
@hints("Take the password as it comes: no strip(), no lower(), nothing cut off.")
def test_every_password_can_be_used(shop, rng):
    """POST /auth/token takes long passwords, blanks, and letters of all languages."""
    for password in (f"  {new_password(rng)} ", "Sésame 钥匙 öffne", new_password(rng) * 6):
        person = shop.sign_up(password=password)
        for name in (person.username, person.username.swapcase()):
            response = shop.log_in(name, password)
            assert response.status_code == 200, (
                f'The user signed up with the password "{password[:20]}", and cannot log in with it as '
                f"{name}. Names are found in upper and lower case; a password is never changed."
            )


def why_no_login(response, user, sent):
    if response.status_code >= 400:
        return (
            f'The check sent the password "{sent[:20]}", which is wrong. The request is fine, it is '
            "just not known who sends it, and that is 401."
        )
    if sent == user.password_hash:
        return (
            "The check sent the hash itself as the password, and got a token: the two were "
            "compared as they are. A stolen hash is as good as a password then."
        )
    return (
        "The check sent another password than the user's, and got a token. Every character counts: "
        "upper and lower case, blanks, letters of every language, and also those behind the first 72."
    )


@section("a-form-to-log-in")
@needs("test_logging_in")
@hints(
    "Every way out of the login that is not a success is the same 401.",
    'HTTPException(401, "Wrong name or password", headers={"WWW-Authenticate": "Bearer"})',
)
def test_a_wrong_password_is_401(shop, rng):
    """POST /auth/token with a wrong name or password is 401."""
    longest = (new_password(rng) * 7)[:128]
    other = shop.sign_up()
    for password in (f" {new_password(rng)} ", longest, "Sésame 钥匙 öffne"):
        person = shop.sign_up(password=password)
        user = shop.store.users.get(person.id)
        wrong = ["wrong password", password[:-1], password + "x", password.swapcase()]
        wrong += [password.strip() + "  ", password[:72] + "!" * 28, "*", "%", "' or '1'='1"]
        wrong += ["Sésame 匙钥 öffne", "Sesame 钥匙 offne", "Sésame  öffne"]
        wrong += [user.password_hash, other.password, "x" * 10_000]
        for sent in wrong:
            response = shop.log_in(person.username, sent)
            assert response.status_code == 401, why_no_login(response, user, sent)
            assert response.headers.get("www-authenticate") == challenge(response), NO_CHALLENGE
        for name in (new_name(rng), "*", "钥匙", "x" * 10_000):
            response = shop.log_in(name, password)
            assert response.status_code == 401, (
                "There is no user of this name. To whoever tries to log in, that is the same as a "
                "wrong password: 401."
            )
            assert response.headers.get("www-authenticate") == challenge(response), NO_CHALLENGE
        for name, sent in ((person.username, ""), ("", password), ("", "")):
            response = shop.log_in(name, sent)
            assert response.status_code in (401, 422), "An empty name or password is never right."
        response = shop.log_in(person.username, password)
        assert response.status_code == 200, LOCKED
    for _ in range(100):
        response = shop.log_in(person.username, "wrong password")
        assert response.status_code == 401, (
            "After many wrong passwords, another one was not answered with 401. The contract "
            "says 401, however often."
        )
    response = shop.log_in(person.username, password)
    assert response.status_code == 200, LOCKED


LOCKED = (
    "After some wrong passwords, the right one does not count any more. So everybody can lock "
    "everybody out."
)


def failures(shop, rng):
    """Why a login fails, with a name and a password for it."""
    person, disabled = shop.sign_up(), shop.sign_up()
    shop.store.users.change(disabled.id, disabled=True)
    return [
        ("a wrong password", person.username, new_password(rng)),
        ("a name that nobody has", new_name(rng), new_password(rng)),
        ("the right password of a disabled user", disabled.username, disabled.password),
        ("a wrong password of a disabled user", disabled.username, new_password(rng)),
    ]


@section("telling-nothing")
@needs("test_a_wrong_password_is_401")
@hints("One raise for all of them, behind one if.")
def test_all_failed_logins_look_the_same(shop, rng):
    """A failed login does not tell whether the user exists, or is disabled."""
    (_, *first), *others = failures(shop, rng)
    expected, again = shop.log_in(*first), shop.log_in(*first)
    assert expected.status_code == 401
    # A header such as X-Request-ID is another one each time.
    steady = {
        name for name in expected.headers if expected.headers[name] == again.headers.get(name)
    }
    for what, name, password in others:
        response = shop.log_in(name, password)
        assert response.status_code == 401, (
            f"The check sent {what}, and got a token."
            if response.status_code < 400
            else f"The check sent {what}. That is 401, as with a wrong password: another answer "
            "tells a stranger which names there are."
        )
        assert response.text == expected.text, (
            f"The check sent {what}, and was told something else than after a wrong password. So a "
            "stranger can find out which names there are, and try passwords for these only."
        )
        heads = [sorted(r.headers.keys() - {"date"}) for r in (response, expected)]
        assert heads[0] == heads[1], f"After {what}, other headers came than with a wrong password."
        for name in sorted(steady - {"date"}):
            assert response.headers[name] == expected.headers[name], (
                f"After {what}, the header {name} said something else than after a wrong "
                "password. That tells a stranger as much as another text would."
            )


@section("telling-nothing")
@needs("test_all_failed_logins_look_the_same")
@hints(
    "Argon2 takes long. When is it not asked at all?",
    "Make the hash of some password when the app starts, with the same hasher. Verify against it "
    "when there is no user.",
    "hasher.verify(form.password, user.password_hash if user else DUMMY_HASH), and only then "
    "ask whether there is a user, and whether they are disabled.",
)
def test_all_failed_logins_take_the_same_time(shop, rng):
    """A failed login takes as long for an unknown or a disabled user as for a wrong password."""
    cases = failures(shop, rng)
    costs = {}
    for _ in range(2):  # the first time, something may still be prepared
        for what, name, password in cases:
            shop.argon2.costs.clear()
            response = shop.log_in(name, password)
            assert response.status_code == 401
            costs[what] = sum(shop.argon2.costs)
    (_, expected), *others = costs.items()
    for what, cost in others:
        rounds = "the same work" if cost == expected else worked(cost, expected)
        assert rounds == "the same work", (
            f"After a wrong password, Argon2 has worked for some 50 ms; after {what}, "
            f"{worked(cost, expected)}. With a watch, a stranger finds out which names there are."
        )


def worked(cost, expected):
    if cost == 0:
        return "it has not worked at all"
    return f"it has worked {'longer' if cost > expected else 'less'}"


@section("a-hash-instead-of-the-password")
@needs("test_logging_in")
@hints(
    "Is one of the two functions an async def? Then what it calls runs on the event loop.",
    "A plain def runs in a thread. Or: await asyncio.to_thread(hasher.verify, …).",
)
def test_hashing_leaves_the_loop_free(shop, rng):
    """While a password is hashed or verified, other requests are answered."""
    person = shop.sign_up()
    where = "on the event loop" if shop.argon2.blocked else "in a thread"
    assert where == "in a thread", (
        "POST /users made its hash on the event loop, in an async def. For as long as that takes, "
        "no other request is answered. A plain def runs in a thread."
    )
    response = shop.log_in(person.username, person.password)
    assert response.status_code == 200
    for name in (person.username, new_name(rng)):
        response = shop.log_in(name, "wrong password")
        assert response.status_code == 401
    where = "on the event loop" if shop.argon2.blocked else "in a thread"
    assert where == "in a thread", (
        "POST /auth/token verified the password on the event loop, in an async def. For as long as "
        "that takes, no other request is answered: a few logins at once stop the shop. A plain def "
        "runs in a thread."
    )


# The token ------------------------------------------------------------------------------------------


def token_of(response: httpx.Response) -> tuple[Any, Any]:
    """The header and the claims of the token in an answer, when it is a JWT."""
    try:
        return opened(response.json()["access_token"])
    except ValueError:
        return None, None


@section("what-a-token-is")
@needs("test_logging_in")
@hints(
    'jwt.encode({"sub": …, "exp": …}, settings.secret_key, "HS256")',
    '"sub": str(user.id), because the standard wants a text.',
    '"exp": datetime.now(UTC) + timedelta(seconds=settings.access_token_ttl)',
)
def test_what_the_token_says(shop):
    """A token is signed with HS256 and SECRET_KEY, says who it is for in sub, and ends at exp."""
    person = shop.sign_up()
    before = time.time()
    response = shop.log_in(person.username, person.password)
    after = time.time()
    assert response.status_code == 200
    token = response.json()["access_token"]
    header, claims = token_of(response)
    form = "a JWT" if isinstance(claims, dict) else "another text"
    assert form == "a JWT", (
        "access_token is no JWT: three parts of base64 with dots between them, the first two JSON."
    )
    algorithm = header.get("alg")
    assert algorithm == "HS256", "The token must say in its header that it is signed with HS256."
    start, _, signature = token.rpartition(".")
    right = signature == pack(hmac.digest(shop.secret.encode(), start.encode(), "sha256"))
    key = "SECRET_KEY" if right else "another key"
    assert key == "SECRET_KEY", (
        "The token is not signed with SECRET_KEY as it stands in the environment. A key in the "
        "source is known to everyone who can read it, and each of them can make tokens."
    )
    subject = claims.get("sub")
    assert type(subject) is str, (
        "sub is the id of the user as a text. The standard wants one, and PyJWT refuses a token "
        "whose sub is anything else."
    )
    assert type(claims.get("exp")) in (int, float), "The token has no exp: it would never end."
    minutes = round((claims["exp"] - before - shop.ttl) / 60)
    late = "no minutes" if minutes == 0 else f"{minutes} minutes"
    assert late == "no minutes", (
        f"ACCESS_TOKEN_TTL is {shop.ttl} seconds, and exp is {minutes} minutes away from that. Is "
        "it another number, or datetime.now() without a zone, which PyJWT takes for UTC?"
    )
    fits = before - 1 <= claims["exp"] - shop.ttl <= after + 1
    seconds = shop.ttl if fits else round(claims["exp"] - after)
    assert seconds == shop.ttl, (
        f"ACCESS_TOKEN_TTL is {shop.ttl} seconds, and exp is another time away from now."
    )
    user = shop.store.users.get(person.id)
    hidden = (person.password, user.password_hash)
    told = "a secret" if any(secret in str(claims) for secret in hidden) else "no secrets"
    assert told == "no secrets", (
        "The token holds the password or its hash. A token is signed and not encrypted: everybody "
        "who gets hold of it can read it."
    )


@section("the-secret")
@needs("test_what_the_token_says")
@hints("settings.access_token_ttl has this default.")
def test_a_token_lives_for_15_minutes(no_ttl, shop):
    """Without ACCESS_TOKEN_TTL, a token lives for 900 seconds."""
    before = int(time.time())
    person = shop.member()
    seconds = round((opened(person.token)[1]["exp"] - before - 900) / 10) * 10
    assert seconds == 0, (
        "ACCESS_TOKEN_TTL is not set, and exp is not 900 seconds from now: the default is another "
        "one. A token cannot be called back, so a stolen one is good for as long as it lives."
    )


@section("the-current-user")
@needs("test_what_the_token_says")
@hints(
    'token: Annotated[str, Depends(OAuth2PasswordBearer(tokenUrl="auth/token"))]',
    'jwt.decode(token, settings.secret_key, algorithms=["HS256"]) gives the claims.',
    'users.get(int(claims["sub"])) is the user.',
)
def test_the_token_names_its_user(shop):
    """GET /users/me shows the user whom the token names."""
    people = [shop.member() for _ in range(3)]
    for person, scheme in zip([*people, *people], ("Bearer", "bearer", "BEARER") * 2, strict=True):
        response = shop.ask(ME, {"Authorization": f"{scheme} {person.token}"})
        assert response.status_code == 200, (
            "The check sent the token that POST /auth/token has just given it. The scheme before "
            "it may be written Bearer, bearer or BEARER."
        )
        assert response.json() == person.profile, (
            f"The check sent a token of {person.username}. Three users are logged in, and the "
            "answer shows another one, or something else than id, username and role."
        )
    for _ in "123":
        at_once = [shop.api.build_request(*ME, headers=person.headers) for person in people]
        for person, response in zip(people, shop.api.together(at_once), strict=True):
            assert response.status_code == 200
            assert response.json()["id"] == person.id, (
                "Three users asked at once, and one was shown the profile of another. A variable of "
                "the module is the same for all requests: hand the user on as a parameter."
            )
    response = shop.ask(ME, bearer(shop.forged(people[1].token)))
    assert response.status_code == 200, (
        "The check has made a token with the same claims, signed with HS256 and SECRET_KEY. It is "
        "as good as one of the app."
    )


# Attacks --------------------------------------------------------------------------------------------


@section("the-current-user")
@needs("test_the_token_names_its_user")
@hints(
    "OAuth2PasswordBearer refuses a request without the header by itself.",
    "Which of the four operations has no current user among its dependencies?",
)
def test_no_token_is_401(shop):
    """Without a token in the header Authorization, all but the shop window is 401."""
    admin = shop.member("admin")
    before = shop.state
    shop.refuses("no token", "Everyone can do this, then.", {})
    for value in ("", "Bearer", "Bearer ", "Basic YWRhOnNlY3JldA==", f"Token {admin.token}"):
        sent = f'the header "Authorization: {value[:12]}"'
        shop.refuses(sent, "That is no token.", {"Authorization": value})
    cost = "A header Authorization is a scheme, a blank, and the token."
    glued = {"Authorization": f"Bearer{admin.token}"}
    shop.refuses("a token with no blank between it and the word Bearer", cost, glued)
    sent = "a token without the word Bearer before it"
    cost = "A header Authorization names its scheme first, and this is another one."
    shop.refuses(sent, cost, {"Authorization": admin.token})
    shop.refuses(sent, cost, {"Authorization": f"Basic {admin.token}"})
    query = dict.fromkeys(("token", "access_token", "authorization"), admin.token)
    shop.refuses(
        "a token in the query string",
        "Addresses stand in logs and in the history of browsers, and so would the token.",
        {},
        params=query,
    )
    cookies = "; ".join(f"{name}={admin.token}" for name in query)
    cost = "A browser sends cookies also when another site tells it to."
    shop.refuses("a token in a cookie", cost, {"Cookie": cookies})
    assert shop.state == before, (
        "Requests without a token were answered with 401, and the store has changed all the same."
    )


@section("tokens-that-prove-nothing")
@needs("test_no_token_is_401")
@hints(
    "A payload is base64 of JSON, and everybody can write one. Only the signature proves anything.",
    "jwt.decode() verifies the signature, unless it is told not to. Its key is SECRET_KEY.",
)
def test_a_wrong_signature_is_401(shop, rng):
    """A token whose signature does not fit, or is made with another key, is 401."""
    admin, user = shop.member("admin"), shop.member()
    header, payload, signature = admin.token.split(".")
    claims = opened(user.token)[1]
    as_admin = pack(claims | {"sub": opened(admin.token)[1]["sub"], "role": "admin"})
    own = user.token.split(".")
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
    cost = "Everyone can write such a token, for every user: the signature is not verified, or not all of it."
    for sent, token in (
        (
            "a user's token with the sub of an admin written into it",
            f"{own[0]}.{as_admin}.{own[2]}",
        ),
        ("a token with one character of its signature changed", f"{header}.{payload}.{flipped}"),
        (
            "a token with its signature in another case",
            f"{header}.{payload}.{signature.swapcase()}",
        ),
        ("a token with half a signature", f"{header}.{payload}.{signature[:20]}"),
        ("a token without its signature", f"{header}.{payload}."),
        ("a token with the signature of another one", f"{header}.{payload}.{own[2]}"),
    ):
        shop.refuses(sent, cost, bearer(token))
    for key in ("".join(rng.choices(string.ascii_letters, k=32)), shop.secret[::-1]):
        token = shop.forged(admin.token, key)
        shop.refuses("a token that was signed with another key", cost, bearer(token))
    head, claims = opened(admin.token)
    own_key = "a key that the attacker has made up themselves"
    brought = head | {"jwk": {"kty": "oct", "k": pack(own_key.encode())}}
    cost = "Which key counts is not for the token to say."
    shop.refuses(
        "a token that brings its key along", cost, bearer(signed(brought, claims, own_key))
    )
    for key in WELL_KNOWN:
        sent = f'a token that was signed with the key "{key}"'
        cost = "This key stands in books and in tutorials: it is the first that is tried."
        shop.refuses(sent, cost, bearer(signed(head, claims, key)))


@section("tokens-that-prove-nothing")
@needs("test_no_token_is_401")
@hints(
    "Which algorithm counts is for the app to say, and not for the token.",
    'jwt.decode(token, settings.secret_key, algorithms=["HS256"])',
)
def test_another_algorithm_is_401(shop):
    """A token that is signed with anything but HS256, or says so, is 401."""
    admin = shop.member("admin")
    head, claims = opened(admin.token)
    cost = "The sender must not choose how it is verified: they choose none."
    for name, digest in (("HS512", "sha512"), ("HS384", "sha384")):
        token = signed(head | {"alg": name}, claims, shop.secret, digest)
        sent = f"a token that is signed with SECRET_KEY and {name}"
        shop.refuses(sent, "The contract knows HS256 only.", bearer(token))
    for name in ("none", "None", "NONE", "nOnE", ""):
        start = f"{pack(head | {'alg': name})}.{pack(claims)}"
        for signature in ("", admin.token.split(".")[2], pack(b"none")):
            sent = (
                f'a token whose header says "alg": "{name}", {"with" if signature else "without"}'
            )
            shop.refuses(f"{sent} a signature", cost, bearer(f"{start}.{signature}"))
    for name in ("HS512", "RS256", "ES256", "hs256", "HS257", ..., None, 256, ["HS256"], {}):
        header = changed(head, {"alg": name})
        says = "no alg" if name is ... else f'"alg": {json.dumps(name)}'
        sent = f"a token that is signed with HS256, and whose header has {says}"
        shop.refuses(sent, cost, bearer(signed(header, claims, shop.secret)))


def rubbish(rng, token, secret):
    """What is no token at all, or falls apart when somebody looks into it."""
    header, payload, signature = token.split(".")
    good = {"alg": "HS256", "typ": "JWT"}
    yield "some text instead of a token", "nonsense"
    yield "two parts of a token", f"{header}.{payload}"
    yield "a token with four parts", f"{token}.{signature}"
    yield "a token with a dot at its end", f"{token}."
    yield "a token with a dot before it", f".{token}"
    yield "two dots", ".."
    yield "three parts that are no base64", "!!!.???.###"
    yield "a token whose header is no JSON", f"{pack(b'{')}.{payload}.{signature}"
    yield "a token whose header is a list", signed([], opened(token)[1], secret)
    yield "a token whose header is empty", signed({}, opened(token)[1], secret)
    yield "a token whose claims are no JSON", signed(good, b"{", secret)
    yield "a token whose claims are a list", signed(good, ["sub", "exp"], secret)
    yield "a token whose claims are a text", signed(good, "sub", secret)
    yield "a token whose claims are no UTF-8", signed(good, b"\xff\xfe", secret)
    yield "a token with letters of Latin-1", token.replace(".", "\xe9.", 1)
    yield "a very long text", "x" * 50_000
    yield "a text of many dots", "." * 5000
    yield "two tokens", f"{token} {token}"


@section("tokens-that-prove-nothing")
@needs("test_no_token_is_401")
@hints(
    "jwt.decode() raises for each of these. Every exception that nobody catches is a 500.",
    "All exceptions of PyJWT that speak of the token are an InvalidTokenError.",
)
def test_rubbish_is_401(shop, rng):
    """What is no token, or is broken, is 401."""
    token = shop.member("admin").token
    cost = "It is no valid token, so nobody knows who sends it."
    for sent, attack in rubbish(rng, token, shop.secret):
        shop.refuses(sent, cost, {"Authorization": b"Bearer " + attack.encode("latin-1")})
    twice = [("Authorization", "Bearer nonsense"), ("Authorization", "Basic YTpi")]
    shop.refuses("two headers Authorization, both without a token", cost, twice)


@section("tokens-that-prove-nothing")
@needs("test_no_token_is_401")
@hints(
    "PyJWT looks at exp when it is there. When it is not there, that is fine with PyJWT.",
    'options={"require": ["exp", "sub"]}',
)
def test_a_token_has_its_time(shop):
    """A token that has expired, has no exp, or is not valid yet, is 401."""
    token = shop.member("admin").token
    now = int(time.time())
    for sent, claims, cost in (
        ("a token that expired a second ago", {"exp": now - 1}, "exp counts, with no leeway."),
        ("a token that expired an hour ago", {"exp": now - 3600}, "exp is not looked at."),
        ("a token that expired in 1970", {"exp": 0}, "exp is not looked at."),
        ("a token without exp", {"exp": ...}, "It never ends, and it cannot be called back."),
        ("a token whose exp is null", {"exp": None}, "It never ends."),
        ('a token whose exp is "soon"', {"exp": "soon"}, "That is no time."),
        ("a token that is valid in an hour (nbf)", {"nbf": now + 3600}, "nbf is not looked at."),
    ):
        shop.refuses(sent, cost, bearer(shop.forged(token, **claims)))
    response = shop.ask(ME, bearer(shop.forged(token, nbf=now - 60, exp=now + 30)))
    assert response.status_code == 200, (
        "The check sent a token that is valid since a minute, and for another 30 seconds."
    )


@section("tokens-that-prove-nothing")
@needs("test_no_token_is_401")
@hints(
    'options={"require": ["exp", "sub"]} asks for a sub. What it says is not looked at.',
    "int() raises ValueError for what is no number: catch it together with InvalidTokenError.",
)
def test_a_token_names_a_user(shop):
    """A token whose sub is missing, no text, or names nobody, is 401."""
    admin = shop.member("admin")
    nobody = [..., None, "", "0", "-1", "999999", "nobody", "None", "1.5", "9" * 5000]
    others = [admin.id, float(admin.id), True, [str(admin.id)], {"id": admin.id}]
    for subject in nobody + others:
        if subject is ...:
            sent = "a token without sub, signed with SECRET_KEY"
        else:
            text = json.dumps(subject)
            short = text if len(text) < 30 else f"{text[:9]}…"
            sent = f"a token whose sub is {short}, signed with SECRET_KEY"
        cost = "It names no user." if subject in nobody else "sub has to be a text."
        shop.refuses(sent, cost, bearer(shop.forged(admin.token, sub=subject)))


# Users who are gone ---------------------------------------------------------------------------------


@section("the-user-may-be-gone")
@needs("test_no_token_is_401")
@hints(
    "A token stays valid when its user is deleted. So look the user up for every request.",
    "users.get(…) gives None when there is no such user: that is 401, too.",
)
def test_a_deleted_user_is_401(shop, rng):
    """DELETE /users/me is 204, and from then on the user's tokens and password are worth nothing."""
    person, other = shop.member(), shop.member()
    shop.store.users.change(person.id, role="admin")
    response = shop.ask(LEAVE, person.headers)
    assert response.status_code == 204
    assert response.text == "", "204 says that there is no body."
    assert shop.store.users.get(person.id) is None, (
        "DELETE /users/me was answered with 204, and the store still has the user."
    )
    gone = "The user is gone, and whoever kept their token goes on as before, until it expires."
    shop.refuses("the token of a user who was deleted", gone, person.headers)
    response = shop.log_in(person.username, person.password)
    assert response.status_code == 401
    response = shop.ask(ME, other.headers)
    assert response.status_code == 200, "Somebody else was deleted, and this user is locked out."
    new = shop.member(username=person.username)
    response = shop.ask(ME, new.headers)
    assert response.json() == new.profile
    shop.refuses(
        "the token of a deleted user whose name is taken again",
        "The old token opens the new account.",
        person.headers,
    )


@section("the-user-may-be-gone")
@needs("test_no_token_is_401")
@hints(
    "A User has a field disabled.",
    "Ask for it where the user is looked up, so that no operation can forget it; and at the login.",
)
def test_a_disabled_user_is_401(shop):
    """A user who is disabled gets 401, from the next request on, and no token."""
    person, other = shop.member("admin"), shop.member("admin")
    for _ in range(2):
        response = shop.ask(ME, person.headers)
        assert response.status_code == 200, "This user is not disabled (any more)."
        shop.store.users.change(person.id, disabled=True)
        cost = "It goes on as before."
        shop.refuses("the token of a user who is disabled", cost, person.headers)
        response = shop.log_in(person.username, person.password)
        assert response.status_code == 401, "This user is disabled, and may not log in."
        response = shop.ask(ME, other.headers)
        assert response.status_code == 200, (
            "Somebody else is disabled, and this user is locked out."
        )
        shop.store.users.change(person.id, disabled=False)


# Roles ----------------------------------------------------------------------------------------------


@section("401-or-403")
@needs("test_no_token_is_401")
@hints(
    "A dependency for admins depends on the current user: who that is, is known by then.",
    'if user.role != "admin": raise HTTPException(403, …)',
    "dependencies=[Depends(require_admin)] in the decorator of both.",
)
def test_only_admins_change_products(shop):
    """POST and DELETE of products is 403 for users, and works for admins."""
    user, admin = shop.member(), shop.member("admin")
    before = shop.state
    for operation in (SELL, DISCARD):
        response = shop.ask(operation, user.headers)
        assert response.status_code == 403, (
            f"{operation[0]} {operation[1]} was sent by a user who is no admin. We know who it is, "
            "and they may not: that is 403."
        )
    assert shop.state == before, "A user got 403, and the products have changed all the same."
    response = shop.ask(SELL, admin.headers)
    assert response.status_code == 201
    assert response.json() == {"id": 4, "name": "Clay pot", "price_cents": 950}
    response = shop.ask(("GET", "/products"))
    assert [product["id"] for product in response.json()] == [1, 2, 3, 4], (
        "An admin has added a product, and GET /products does not show all four."
    )
    response = shop.ask(DISCARD, admin.headers)
    assert response.status_code == 204
    response = shop.ask(DISCARD, admin.headers)
    assert response.status_code == 404
    response = shop.ask(SELL, admin.headers, json={"name": "", "price_cents": -1})
    assert response.status_code == 422
    for number in (2, 3, 4):
        response = shop.ask(("DELETE", f"/products/{number}"), admin.headers)
        assert response.status_code == 204
    response = shop.ask(SELL, admin.headers)
    assert response.status_code == 201, "The last product is gone. The shop takes new ones still."


@section("401-or-403")
@needs("test_only_admins_change_products")
@hints(
    "The token was made at the login, and says what was true then.",
    "Ask the role of the user that you have looked up.",
)
def test_the_role_comes_from_the_store(shop):
    """What counts is the role in the store, at this moment, and not what a token says."""
    user = shop.member()
    more = {"role": "admin", "roles": ["admin"], "scope": "admin", "scopes": ["admin"]}
    token = shop.forged(user.token, **more, is_admin=True, admin=True)
    response = shop.ask(SELL, bearer(token))
    assert response.status_code in (401, 403), (
        "The check sent a token that says admin. The store says user, and the store is right."
    )
    for role, status in (("admin", 201), ("user", 403), ("admin", 201)):
        shop.store.users.change(user.id, role=role)
        response = shop.ask(SELL, user.headers)
        assert response.status_code == status, (
            f"The store says {role} now. The role that counts is not the one of the login."
        )
        response = shop.ask(ME, user.headers)
        assert response.json() == user.profile | {"role": role}


@section("401-or-403")
@needs("test_only_admins_change_products")
@hints(
    "What stands in dependencies=[…] of the decorator or of a router comes before the body and "
    "before the function.",
)
def test_the_guard_comes_first(shop):
    """Who asks is looked at before what they ask for."""
    user = shop.member()
    for operation, more in (
        (("DELETE", "/products/999"), {}),
        (("DELETE", "/products/abc"), {}),
        (SELL, {"json": {"name": "", "price_cents": -1}}),
    ):
        for headers, status in (({}, 401), (bearer("nonsense"), 401), (user.headers, 403)):
            response = shop.ask(operation, headers, **more)
            assert response.status_code == status, (
                f"{' '.join(operation)} was looked at before the token was. So somebody who may "
                "not do this at all can find out which products there are, or what a body must "
                "look like."
            )


# The documentation ----------------------------------------------------------------------------------


def guarded(document, operation):
    """The security schemes that OpenAPI names for an operation."""
    method, path = operation
    # Whatever the parameter is called.
    paths = {re.sub(r"\{.*?\}", "1", name).rstrip("/"): d for name, d in document["paths"].items()}
    described = paths.get(path, {}).get(method.lower(), {})
    every = described.get("security", document.get("security", []))
    schemes = document.get("components", {}).get("securitySchemes", {})
    # An empty requirement says that it also goes without.
    return [schemes[name] for one in every for name in one] if all(every) else []


@section("the-authorize-button")
@needs("test_the_token_names_its_user")
@hints(
    "OAuth2PasswordBearer, or HTTPBearer, writes itself into OpenAPI, wherever it is depended on.",
    'tokenUrl is the path of the login: OAuth2PasswordBearer(tokenUrl="auth/token")',
)
def test_openapi_shows_what_is_protected(shop):
    """/docs shows a lock at what needs a token, and nowhere else, and knows where to log in."""
    response = shop.ask(("GET", "/openapi.json"))
    assert response.status_code == 200
    document = response.json()
    for operation in PROTECTED:
        locked = "a lock" if guarded(document, operation) else "no lock"
        assert locked == "a lock", (
            f"OpenAPI does not say that {' '.join(operation)} needs a token, so /docs sends none "
            "there. The header is read past the classes of fastapi.security, or nobody reads it."
        )
    for operation in (("GET", "/products"), ("POST", "/users"), ("POST", "/auth/token")):
        locked = "a lock" if guarded(document, operation) else "no lock"
        assert locked == "no lock", f"{' '.join(operation)} needs no token, and /docs shows a lock."
    for scheme in guarded(document, ME):
        kind = f"{scheme.get('type')} {scheme.get('scheme', '')}".strip().lower()
        assert kind in ("oauth2", "http bearer"), (
            "OpenAPI names a scheme that has nothing to do with a bearer token."
        )
        if kind == "oauth2":
            flow = scheme["flows"].get("password", {})
            url = urlsplit(urljoin("http://shop/", flow.get("tokenUrl", "nowhere"))).path
            assert url == "/auth/token", (
                "The button Authorize in /docs asks another path for the token than the one that "
                "gives it. tokenUrl is the path of the login."
            )
