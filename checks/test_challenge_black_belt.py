import contextlib
import http.client
import json
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import aiosqlite  # noqa: F401  here, so that it is there before the save for which a run waits
import pydantic_settings  # noqa: F401
import pytest
import sqlalchemy.ext.asyncio  # noqa: F401

from course.deployment import compose, dockerfile, health, ignore, nginx, plan
from course.deployment import shared as shared_fleet
from course.deployment.rules import (
    context,
    healthcheck,
    images,
    layers,
    proxy,
    secret,
    server,
    services,
    storage,
    user,
)
from course.harness import hints, needs, needs_program, section, terminal_only
from course.harness.finding import Finding, wrong
from course.harness.lifespan import StartupFailed
from course.harness.load import LoadProblem
from course.harness.session import session_of
from course.harness.words import shorten

# The app may be imported before the first check, and need not start without a secret.
KEY = os.environ["SECRET_KEY"] = secrets.token_hex(16)

SHORTEST = 32  # characters of a secret
AT_ONCE, ASKED, REFUSED = 5, 20, 10  # numbers that one may take, tries, and how many of them fail
CROWD = 12  # people at once: of eight, three tries each were enough in 6 of 80 rounds, of ten never
OFTEN = 10  # looks in a row
HUGE = 10**20  # more than a column of any database holds
CLIENTS = 4  # under load
BEFORE, AFTER = 20, 80  # answers under load, before a replica ends and after that
REPLY = 5.0  # seconds for an answer under load
WAIT = 4.0  # seconds for what comes at once on a machine with nothing else to do
LOOK = 0.01  # seconds between two looks
FORGED = "6.6.6.6"
CLAIMS = (
    ("X-Forwarded-For", "X-Real-IP"),
    ("CF-Connecting-IP", "True-Client-IP"),
    ("User-Agent", "Cookie"),
)
TABLE = 'LOCK TABLE "{table}" IN EXCLUSIVE MODE'
READERS = 'LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE'  # who only reads has to wait, too
ROWS = 'SELECT 1 FROM "{table}" FOR UPDATE'
NEEDED = ("main.py", "queues.py", "whoami.py", "requirements.txt")  # in the image
PROCESSES = "it needs real processes"


NGINX = (
    "nginx",
    "These checks start your app behind a real one. On Debian and Ubuntu: sudo apt install "
    "nginx-light; on macOS: brew install nginx.",
)
POSTGRES = (
    "initdb",
    "It is a part of PostgreSQL, and these checks start a server of their own. On Debian and "
    "Ubuntu: sudo apt install postgresql; on macOS: brew install postgresql.",
)


# The app --------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def at_home(monkeypatch, folder):
    """A new SQLite file, unless a check starts the app behind nginx."""
    (folder / "kept").mkdir(exist_ok=True)
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{folder / 'kept' / 'numbers.db'}")


@pytest.fixture
def pool():
    """The connections that SQLAlchemy's pools have open."""
    from sqlalchemy import event
    from sqlalchemy.pool import Pool

    opened = set()

    def connect(connection, record):
        opened.add(id(record))

    def close(connection, record):
        opened.discard(id(record))

    event.listen(Pool, "connect", connect)
    event.listen(Pool, "close", close)
    yield opened
    event.remove(Pool, "connect", connect)
    event.remove(Pool, "close", close)


def queue_name(rng):
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=8))


def desk(key=KEY):
    return {"X-Desk-Key": key}


@section("the-numbers")
@hints(
    "Keep the last number of each queue in the table of queues.py.",
    "INSERT … ON CONFLICT (name) DO UPDATE SET last = queues.last + 1 RETURNING last",
    "await engine.dispose(), after the yield of lifespan.",
)
def test_taking_a_number(pool, start, rng):
    """POST /queues/{queue}/numbers gives each queue its own 1, 2, 3, also after a restart."""
    one, other = queue_name(rng), queue_name(rng)
    with start() as api:
        for queue, number in ((one, 1), (one, 2), (other, 1)):
            response = api.post(f"/queues/{queue}/numbers")
            assert response.status_code == 201
            assert response.json() == {"queue": queue, "number": number}
    if pool:
        raise wrong(
            "The app has stopped, and a connection to the database is still open. A stop closes "
            "what the start has opened.",
            "no open connection after the stop",
            f"{len(pool)} still open",
        )
    with start() as api:
        response = api.post(f"/queues/{one}/numbers")
        assert response.status_code == 201
        assert response.json()["number"] == 3, (
            "The app was stopped and started, as every replica is one day, and it has forgotten "
            "which numbers it has given away. Somebody has this one already."
        )


@section("the-numbers")
@needs("test_taking_a_number")
@hints("404 when there is no row with this name.")
def test_looking_at_a_queue(api, rng):
    """GET /queues/{queue} shows the last number and whose turn it is, or 404."""
    queue = queue_name(rng)
    response = api.get(f"/queues/{queue}")
    assert response.status_code == 404
    for _ in range(2):
        api.post(f"/queues/{queue}/numbers")
    response = api.get(f"/queues/{queue}")
    assert response.status_code == 200
    assert response.json() == {"queue": queue, "last": 2, "serving": 0}


@section("the-numbers")
@needs("test_looking_at_a_queue")
@hints(
    "The key is in the header X-Desk-Key, and must be the value of SECRET_KEY.",
    "First 401, then 422, 404 and 409.",
    "compare_digest of two texts raises for a letter such as é. Of bytes it does not.",
    "Compare the number with last in Python: a database refuses one that no column can hold.",
)
def test_calling_a_number(api, rng):
    """PUT /queues/{queue}/serving calls a number, for who has the desk's key."""
    queue = queue_name(rng)
    path = f"/queues/{queue}/serving"
    response = api.put(path, json={"number": 1}, headers=desk())
    assert response.status_code == 404
    for _ in range(2):
        api.post(f"/queues/{queue}/numbers")
    accents = desk("é".encode() * SHORTEST)
    for headers in ({}, desk(secrets.token_hex(16)), desk(KEY[:-1]), desk(f"{KEY}0"), accents):
        response = api.put(path, json={"number": 1}, headers=headers)
        assert response.status_code == 401
    for number in (0, "one", 1.5):
        response = api.put(path, json={"number": number}, headers=desk())
        assert response.status_code == 422
    response = api.put(path, json={"number": 3}, headers=desk())
    assert response.status_code == 409
    response = api.put(path, json={"number": HUGE}, headers=desk())
    assert response.status_code in (409, 422)
    response = api.get(f"/queues/{queue}")
    assert response.json()["serving"] == 0
    for number in (2, 2, 1):
        response = api.put(path, json={"number": number}, headers=desk())
        assert response.status_code == 200
        assert response.json() == {"queue": queue, "last": 2, "serving": number}
    response = api.get(f"/queues/{queue}")
    assert response.json() == {"queue": queue, "last": 2, "serving": 1}


def look_at_the_start(request, what):
    with contextlib.suppress(LoadProblem, StartupFailed):
        with request.getfixturevalue("start")():
            pass
        raise Finding(
            "The app has started, with a key for the desk that everyone can guess, or read in "
            "the source. On a server nobody would notice.",
            expected=f"no start with {what}",
            actual="the app starts",
        )


@section("the-numbers")
@hints("A setting without a default must be in the environment.")
def test_no_start_without_a_secret(monkeypatch, request):
    """Without SECRET_KEY the app does not start."""
    monkeypatch.delenv("SECRET_KEY")
    look_at_the_start(request, "no SECRET_KEY")


@section("the-numbers")
@needs("test_no_start_without_a_secret")
@hints("secret_key: Annotated[str, Field(min_length=32)]")
def test_no_start_with_a_short_secret(monkeypatch, request, rng):
    """With a SECRET_KEY of 31 characters the app does not start."""
    short = "".join(rng.choices("abcdefgh01234567", k=SHORTEST - 1))
    monkeypatch.setenv("SECRET_KEY", short)
    look_at_the_start(request, "31 characters")


# The files ------------------------------------------------------------------------------------------


@pytest.fixture
def image(folder):
    return dockerfile.read(folder)


@pytest.fixture
def file(folder):
    found = compose.read(folder)
    compose.fits_its_schema(found)
    return found


@pytest.fixture
def apps(file, image):
    """The services that run the learner's app."""
    return services.of_the_app(file, image)


@pytest.fixture
def configuration(folder):
    return nginx.read(folder)


@section("the-image")
@hints(
    "Read lesson 10 again, from its part on the base of an image to the one on health checks.",
    "FROM with a version, requirements.txt, install, the code, USER, HEALTHCHECK, and CMD as a list.",
)
def test_the_image(image):
    """Dockerfile: a base with a version, locked packages before the code, no secret, not root."""
    images.have_versions(image)
    layers.packages_have_versions(image)
    layers.packages_come_before_code(image)
    layers.code_gets_in(image, *(name for name in NEEDED if name.endswith(".py")))
    secret.is_not_in_the_image(image)
    user.is_not_root(image)


@section("the-image")
@hints(
    "Patterns of .dockerignore are not those of .gitignore: **/__pycache__", "*.db and .env, too."
)
def test_what_stays_outside(folder):
    """.dockerignore keeps secrets, history and databases out, and leaves the app in."""
    ignored = ignore.read(folder)
    context.leaves_out(ignored, "numbers.db")
    context.takes_in(ignored, *NEEDED)


@section("the-services")
@needs("test_the_image")
@hints(
    "nginx and postgres by image, with a version, your app with build: . and two replicas.",
    "Only nginx has ports. depends_on with condition: service_healthy, a volume with a name.",
)
def test_the_services(file, image, apps):
    """compose.yaml: nginx, two replicas and PostgreSQL, one door, and who waits for whom."""
    services.nginx(file)
    services.postgres(file)
    images.of_services_have_versions(file)
    services.name_what_the_file_has(file)
    services.run_the_image(file, apps)
    services.are_replicated(file, apps)
    services.have_one_door(file, apps)
    server.is_for_production(file, image, apps)
    healthcheck.can_run(file, image, apps)
    services.wait_for_each_other(file, apps)
    storage.is_kept(file)


@section("the-services")
@needs("test_the_services")
@hints(
    "${SECRET_KEY:?} stops when there is no value.",
    "postgresql+asyncpg://numbers:${POSTGRES_PASSWORD}@db/numbers",
)
def test_secrets_and_the_database(file, apps):
    """compose.yaml: secrets come from the environment, and DATABASE_URL leads to the database."""
    secret.comes_from_outside(file)
    secret.gets_to_the_app(file, apps)
    storage.is_found(file, apps)


@section("the-proxy")
@needs("test_the_services")
@hints(
    "./nginx.conf:/etc/nginx/nginx.conf:ro, and an upstream with the name of the service.",
    "ports leads to the port on which nginx listens.",
)
def test_nginx_finds_the_app(file, configuration, image, apps):
    """nginx gets your nginx.conf, which sends requests to the app by the name of its service."""
    proxy.gets_its_configuration(file, configuration)
    proxy.finds_the_app(file, configuration, image, apps)


# Real processes -------------------------------------------------------------------------------------


class Shared(shared_fleet.Shared):
    """The PostgreSQL of all checks, and the fleet of those that find it whole."""

    def __init__(self, session):
        super().__init__(session)
        self.servers, self.server, self.name = ExitStack(), "", ""
        self.refused = None, 0.0  # the nginx that has refused somebody, and since when

    def database(self):
        if not self.server:
            self.start_server()
        self.name = f"numbers_{secrets.token_hex(4)}"
        self.execute(f"CREATE DATABASE {self.name}")
        return self.address(self.name).replace("://", "+asyncpg://", 1)

    def address(self, name):
        return f"{self.server.rpartition('/')[0]}/{name}"

    def start_server(self):
        from course import postgres

        os.environ.pop("DATABASE_URL", None)  # a server that we may stop
        home = Path(tempfile.gettempdir())
        if home.name.startswith("course-"):
            home.chmod(0o711)  # who is root lets nobody run it, who must go through
        self.server = self.servers.enter_context(postgres.server())

    def execute(self, *statements, database="postgres"):
        import psycopg

        with psycopg.connect(self.address(database), autocommit=True) as connection:
            for statement in statements:
                found = connection.execute(statement)
            return found.fetchall() if found.description else []

    @contextmanager
    def locked(self, lock) -> Iterator[None]:
        """Who wants to write has to wait: into a table, or into rows that are there."""
        import psycopg

        with psycopg.connect(self.address(self.name)) as connection:
            found = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
            for (name,) in found.fetchall():
                connection.execute(lock.format(table=name))
            yield

    def waiting(self) -> int:
        asked = f"SELECT wait_event_type FROM pg_stat_activity WHERE datname = '{self.name}'"
        return sum(kind == "Lock" for (kind,) in self.execute(asked))

    def disconnect(self) -> None:
        """Close all connections to the database, as it does when it is started again."""
        which = f"FROM pg_stat_activity WHERE datname = '{self.name}'"
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            if not self.execute(f"SELECT pg_terminate_backend(pid) {which}"):
                break
            time.sleep(LOOK)

    @contextmanager
    def unreachable(self) -> Iterator[None]:
        """The server is there, and refuses this database to everyone."""
        allow = f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS"
        try:
            self.execute(f"{allow} false")
            self.disconnect()
            yield
        finally:
            self.execute(f"{allow} true")

    def end_server(self):
        self.server = ""
        self.servers.close()

    def close(self):
        self.end_fleet()
        self.end_server()


@pytest.fixture(scope="module")
def shared(request):
    with closing(Shared(session_of(request.config))) as found:
        yield found


@pytest.fixture
def fleet(shared):
    """Two replicas behind nginx, on PostgreSQL, all of them running."""
    return shared.get()


STATIC = ("test_calling_a_number", "test_secrets_and_the_database", "test_nginx_finds_the_app")


def send(fleet, method, path, body=None, headers=None, port=0):
    """The status and the body of an answer, and 0 when there is none. For threads."""
    listen = "127.0.0.1" if port else fleet.listen.strip("[]")
    line = http.client.HTTPConnection(
        listen, port or fleet.http, timeout=REPLY, source_address=(fleet.client, 0)
    )
    sent = {"Host": "numbers.town", "Content-Type": "application/json", **(headers or {})}
    with closing(line):
        try:
            line.request(method, path, json.dumps(body) if body else None, sent)
            response = line.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            return 0, b""


def take(fleet, path, replica, answers):
    answers.append(send(fleet, "POST", path, port=replica.port))


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("two-replicas")
@needs(*STATIC)
@hints(
    "Look and write in one statement: the other replica does the same in the same moment.",
    "INSERT … ON CONFLICT (name) DO UPDATE SET last = queues.last + 1 RETURNING last",
)
def test_each_number_once(fleet, shared, rng):
    """Two people ask two replicas in the same moment, and get two numbers."""
    path = f"/queues/{queue_name(rng)}/numbers"
    # Who looks before writing has looked when the rows are locked, and not yet when the table is.
    crowd = list(range(5, 5 + CROWD))
    for wanted, lock in (([1, 2], TABLE), ([3, 4], ROWS), (crowd, TABLE)):
        answers: list[tuple[int, bytes]] = []
        threads = [
            threading.Thread(target=take, args=[fleet, path, replica, answers])
            for replica in fleet.replicas * (len(wanted) // len(fleet.replicas))
        ]
        with shared.locked(lock):
            for thread in threads:
                thread.start()
            until = time.monotonic() + WAIT
            while len(answers) + shared.waiting() < len(threads) and time.monotonic() < until:
                time.sleep(LOOK)
        for thread in threads:
            thread.join(REPLY)
        taken = sorted(json.loads(body)["number"] for status, body in answers if status == 201)
        if taken != wanted:
            statuses = [status for status, _ in answers]
            if 429 in statuses:
                raise itself_refuses()
            raise wrong(
                "Both replicas looked before one of them had written, and gave the same number "
                "away. Or each one counts for itself."
                if len(taken) == len(wanted)
                else "Both replicas saw that something was free, and the second one to write "
                "broke. Let the database do it in one statement."
                if len(wanted) == 2
                else "Twelve people asked in the same moment, and some got no number. To "
                "try again a few times is not enough: one statement needs no second try.",
                f"201 for each, with the numbers {wanted[0]} to {wanted[-1]}",
                f"{listed(sorted(set(statuses)))}, with {listed(taken) or 'no number'}",
                kind="wrong-body",
            )


def listed(found):
    return ", ".join(map(str, found))


def itself_refuses():
    return wrong(
        "A replica was asked past nginx, and says 429: the app counts itself. Each replica would "
        "count for itself, and forget. nginx knows all requests of a client.",
        "201 from a replica, and 429 from nginx",
        "429 from a replica",
        kind="wrong-status",
    )


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("the-proxy")
@needs("test_each_number_once")
@hints(
    "All servers of the upstream get their share, unless one is backup or down.",
    "limit_req stands in the location of the path that is limited, and nowhere else.",
    "A location /queues/ is more than POST /queues/{queue}/numbers.",
)
def test_who_looks_is_not_limited(fleet, rng):
    """nginx lets everybody look as often as they like, and both replicas answer."""
    fleet.start_spare()  # which is ready when the others have done their part
    seen, queue = set(), begin(fleet, rng)
    looks = [("GET", "/whoami", None)] * 2
    looks += [("GET", f"/queues/{queue}", None)]
    looks += [("PUT", f"/queues/{queue}/serving", {"number": 1})]
    looks += [("GET", "/health/live", None), ("GET", "/health/ready", None)]
    for method, path, body in (look for look in looks for _ in range(OFTEN)):
        response = fleet.ask(method, path, json=body, headers=desk() if body else {})
        status = response.status_code
        if status != 200:
            by_nginx = status == 503 and "nginx" in response.text
            raise wrong(
                "Somebody asks this often, and is refused. Only taking numbers is limited."
                if status == 429 or by_nginx
                else f"Through nginx, {method} {path} comes out otherwise than the app answers it.",
                "200",
                status,
                kind="wrong-status",
            )
        seen |= {response.json()["instance"]} if path == "/whoami" else set()
    for source in fleet.clients if len(seen) < 2 else ():  # ip_hash: the same client, the same one
        seen.add(fleet.ask("GET", "/whoami", source=source).json().get("instance"))
    if len(seen) < 2:
        raise wrong(
            "Two replicas run, and one of them answers everything.",
            "both replicas answer",
            f"only {', '.join(map(str, seen))}",
        )


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("two-replicas")
@needs("test_who_looks_is_not_limited")
@hints(
    "No dictionary, no cache: what is stored and shown is in the table, each time.",
    "nginx has no proxy_cache for what changes.",
)
def test_one_truth(fleet, rng):
    """What one replica has stored, the other one shows, and nginx too."""
    one, other = (replica.port for replica in fleet.replicas)
    queue, now = queue_name(rng), {"last": 0, "serving": 0}
    path = f"/queues/{queue}"
    turns = (
        ("POST", one, {"last": 1}),
        ("POST", other, {"last": 2}),
        ("PUT", one, {"serving": 2}),
        ("PUT", other, {"serving": 1}),
        ("PUT", 0, {"serving": 2}),
        ("PUT", 0, {"serving": 1}),
    )
    for method, port, change in turns:
        now |= change
        if method == "POST":
            did, _ = send(fleet, method, f"{path}/numbers", port=port)
        else:
            called = {"number": now["serving"]}
            did, _ = send(fleet, method, f"{path}/serving", called, desk(), port)
        if did == 429:
            raise itself_refuses()
        for asked in (one, other, 0):  # past nginx, and through it
            status, body = send(fleet, "GET", path, port=asked)
            if status != 200 or json.loads(body) != {"queue": queue, **now}:
                raise wrong(
                    "One replica has stored something, and the other one does not know it. What "
                    "is kept in the memory of a replica is there for nobody else."
                    if asked
                    else "Both replicas know what was stored, and through nginx the answer is an "
                    "old one. Something keeps answers there.",
                    f"200, with {json.dumps(now)}, after the {method}",
                    f"{status or 'no answer'}, with {shown(body)}",
                    kind="wrong-body",
                )


def shown(body):
    return shorten(body.decode("utf-8", "replace"), 60) or "nothing"


def call(fleet, path, replica, answers):
    answers.append(send(fleet, "PUT", path, {"number": 1}, desk(), replica.port))


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("two-replicas")
@needs("test_one_truth")
@hints("UPDATE queues SET serving = … and nothing else: last may have changed since you read it.")
def test_a_call_takes_no_number_back(fleet, shared, rng):
    """Somebody takes a number while the desk calls one, and neither is lost."""
    queue = begin(fleet, rng)
    one, other = fleet.replicas
    answers: list[tuple[int, bytes]] = []
    threads = [
        threading.Thread(target=take, args=[fleet, f"/queues/{queue}/numbers", one, answers]),
        threading.Thread(target=call, args=[fleet, f"/queues/{queue}/serving", other, answers]),
    ]
    with shared.locked(ROWS):
        for count, thread in enumerate(threads, 1):  # the desk has read the row, and writes second
            thread.start()
            until = time.monotonic() + WAIT
            while len(answers) + shared.waiting() < count and time.monotonic() < until:
                time.sleep(LOOK)
    for thread in threads:
        thread.join(REPLY)
    _, body = send(fleet, "GET", f"/queues/{queue}", port=one.port)
    wanted = {"queue": queue, "last": 2, "serving": 1}
    statuses = sorted(status for status, _ in answers)
    if statuses != [200, 201] or json.loads(body) != wanted:
        raise wrong(
            "Number 2 was taken while the desk called number 1. One of the two has undone or "
            "broken the other: it has written back what it had read before.",
            f"201 and 200, and then {json.dumps(wanted)}",
            f"{listed(reversed(statuses))}, and then {shown(body)}",
            kind="wrong-body",
        )


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("the-limit")
@needs("test_who_looks_is_not_limited")
@hints(
    "limit_req_zone in http, limit_req in a location of its own, and limit_req_status.",
    "$binary_remote_addr is the address that nginx sees. nodelay answers at once.",
    "limit_req_zone $binary_remote_addr zone=taking:1m rate=1r/s; limit_req zone=taking burst=4 nodelay;",
)
def test_the_limit(fleet, shared, rng):
    """Each address may take five numbers at once, then one each second: 429 for more."""
    path, elsewhere = (f"/queues/{queue_name(rng)}/numbers" for _ in range(2))
    for _ in range(AT_ONCE + 2):
        if send(fleet, "POST", path, port=fleet.replicas[0].port)[0] == 429:
            raise itself_refuses()
    started, statuses = time.monotonic(), []
    for _ in range(ASKED):
        statuses.append(fleet.ask("POST", path).status_code)
        if len(statuses) == AT_ONCE:
            if statuses != [201] * AT_ONCE:
                raise wrong(
                    "Somebody takes five numbers for a family, and does not get them.",
                    "201, five times",
                    ", ".join(map(str, statuses)),
                    kind="wrong-status",
                )
            if time.monotonic() - started > AT_ONCE / 2:
                raise wrong(
                    "The numbers come one after the other, a second each: nginx holds requests "
                    "back. With nodelay, it answers at once.",
                    "five answers at once",
                    f"five answers in {time.monotonic() - started:.1f} s",
                )
    refused = [status for status in statuses if status != 201]
    if set(refused) - {429}:
        raise wrong(
            "Somebody has asked too often, and reads that the server is out of order. Without a "
            "word, nginx says 503.",
            "429",
            next(status for status in refused if status != 429),
            kind="wrong-status",
        )
    if len(refused) < REFUSED:
        raise wrong(
            f"Somebody asked {ASKED} times in a row, and got {ASKED - len(refused)} numbers. One "
            "client can empty the roll of paper.",
            f"429 for at least {REFUSED} of {ASKED}",
            f"429 for {len(refused)}",
            kind="wrong-status",
        )
    for names in CLAIMS:
        forged = [dict.fromkeys(names, f"{FORGED}{n}") for n in range(3)]
        if 429 not in [fleet.ask("POST", path, headers=sent).status_code for sent in forged]:
            raise wrong(
                "Somebody is over the limit, says in a header to be somebody else, and gets more "
                "numbers. Count by the address that nginx sees.",
                "429",
                f"201 with another {' and '.join(names)}",
                kind="wrong-status",
            )
    for others in ([elsewhere] * 3, [f"{path}?{n}" for n in range(3)]):
        if 429 not in [fleet.ask("POST", other).status_code for other in others]:
            raise wrong(
                "Somebody is over the limit, asks at another queue or with another query, and "
                "gets more numbers. All queues have one limit together.",
                "429",
                f"201 for POST {others[0]}",
                kind="wrong-status",
            )
    for source in fleet.clients[:1]:
        response = fleet.ask("POST", path, source=source)
        if response.status_code != 201:
            raise wrong(
                "One client is over the limit, and another one, who has asked for nothing yet, is "
                "refused. All of them share one limit.",
                "201 for another address",
                response.status_code,
                kind="wrong-status",
            )
    shared.refused = fleet.nginx, time.monotonic()


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("the-proxy")
@needs("test_who_looks_is_not_limited")
@hints(
    "Host $http_host, X-Forwarded-For $remote_addr, X-Forwarded-Proto $scheme.",
    "The app believes nginx only when FORWARDED_ALLOW_IPS covers nginx's address in Docker.",
    "A location with a proxy_set_header of its own inherits none from server.",
)
def test_who_has_asked(fleet):
    """The app knows the client's address, scheme and host, and nobody can forge them."""
    for scheme, headers in (
        ("http", {}),
        ("https", {}),
        ("http", {"X-Forwarded-For": FORGED, "X-Forwarded-Proto": "https"}),
    ):
        found = fleet.ask("GET", "/whoami", scheme=scheme, headers=headers).json()
        host = found["url"].partition("://")[2].partition("/")[0].partition(":")[0]
        told = (found["client"], found["scheme"], host)
        wanted = (fleet.client, scheme, "corner.shop")
        if told != wanted:
            raise wrong(
                "The client has sent X-Forwarded headers of its own, and the app believes them."
                if headers
                else "The app does not know who has asked, how and for what. Either nginx does "
                "not say so, or the app does not believe it.",
                "client {}, by {}, for {}".format(*wanted),
                "client {}, by {}, for {}".format(*told),
                fleet.plan.proxy_pass,
            )


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("the-proxy")
@needs("test_who_has_asked")
@hints("Leave these headers to the server: FORWARDED_ALLOW_IPS says whom it believes.")
def test_only_nginx_is_believed(fleet, shared):
    """Nothing in your code reads X-Forwarded-For: past nginx, it changes nothing."""
    from course.deployment import fleet as fleets

    forged = {"X-Forwarded-For": FORGED, "X-Forwarded-Proto": "https"}
    with ExitStack() as stack:
        asked = fleet
        # Who trusts everybody has only the network to keep strangers away.
        if fleet.plan.trusted(fleets.PROXY) not in (fleets.PROXY, plan.NOBODY):
            record = shared.session.exchanges.append
            asked = stack.enter_context(
                fleets.fleet(fleet.plan, record, 1, proxy=False, trusted=plan.NOBODY)
            )
        response = asked.ask("GET", "/whoami", replica=asked.replicas[0], headers=forged)
        found = response.json() if response.status_code == 200 else {}
    if found.get("client") == FORGED or found.get("scheme") == "https":
        raise wrong(
            "Somebody who is no proxy sent these headers, and the app takes them for true: it "
            "reads them itself, from whoever it is. The server does that for nginx only.",
            f"client {asked.client}, by http",
            f"client {found['client']}, by {found['scheme']}",
        )


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("alive-and-ready")
@needs("test_who_looks_is_not_limited")
@hints(
    "Ask the database each time, with a limit of time, and catch every error: asyncpg has its own.",
    "pool_pre_ping=True replaces connections that the database has closed.",
    "nginx must not hold a replica for broken because it says 503.",
)
def test_ready(fleet, shared, rng):
    """GET /health/ready is 503 while the database is unreachable, and /health/live 200."""
    fleet.settle()
    path = f"/queues/{begin(fleet, rng)}"
    for replica in fleet.replicas:
        send(fleet, "GET", path, port=replica.port)  # each has an open connection now
    look_ready(fleet, 200, "The database is there, and the app does not say that it is ready.")
    shared.disconnect()
    for _ in range(2 * len(fleet.replicas)):
        response = fleet.ask("GET", path)
        if response.status_code != 200:
            raise wrong(
                "The database was started again, which closes all connections. The app has "
                "tried one that was closed.",
                "200",
                response.status_code,
                kind="wrong-status",
            )
    for method in ("PUT", "POST"):
        for replica in fleet.replicas:
            send(fleet, "GET", path, port=replica.port)
        shared.disconnect()
        look_at_the_first(fleet, method, path)
    with shared.unreachable():
        look_ready(fleet, 503, "The database refuses connections, and clients are told otherwise.")
        response = fleet.ask("GET", "/health/live")
        if response.status_code != 200:
            raise wrong(
                "The database is gone, and /health/live says that the process is broken. It is "
                "started again then, and again: that brings no database back.",
                "200",
                response.status_code,
                kind="wrong-status",
            )
    look_at_the_first(fleet, "POST", path)
    look_ready(fleet, 200, "The database was gone for a moment, and is back. Ask it each time.")


def look_at_the_first(fleet, method, path):
    """The first request of each replica after the database was gone."""
    body, wanted = ({"number": 1}, 200) if method == "PUT" else (None, 201)
    path = f"{path}/{'serving' if body else 'numbers'}"
    for replica in fleet.replicas:
        response = fleet.ask(method, path, replica=replica, json=body, headers=desk())
        if response.status_code != wanted:
            raise wrong(
                f"The database closed all connections, and is there again. The first {method} "
                "after that has tried one that was closed.",
                wanted,
                response.status_code or "no answer",
                kind="wrong-status",
            )


def look_ready(fleet, status, why):
    for _ in range(2 * len(fleet.replicas)):
        response = fleet.ask("GET", "/health/ready")
        if response.status_code in (502, 504):
            why = (
                "Replicas said 503, as they should, and nginx holds them for broken: it asks "
                "nobody any more, for ten seconds."
            )
        if response.status_code != status:
            raise wrong(why, status, response.status_code, kind="wrong-status")


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("the-image")
@needs("test_ready")
@hints(
    "It asks the port on which the server listens, inside the container.",
    "urllib.request.urlopen raises for a 503. httpx.get does not, without raise_for_status().",
)
def test_the_health_check(fleet, shared):
    """The health check of the image is content with the app, and with nothing else."""
    from course import ports

    files, replica = fleet.plan, fleet.replicas[0]
    check = health.of(files.app, files.compose, files.dockerfile)
    port = int(files.server.port(files.environment))
    there = (files.folder, replica.environment)
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(check.run, port, at, *there) for at in (replica.port, ports.free())]
    status, silent = (run.result() for run in runs)
    if status is None:
        return  # this machine lacks the program; that the image has it was seen before
    if status != 0:
        raise wrong(
            "The app is well, and its health check fails: it asks another port or path, or with "
            "a program that ends with an error. nginx waits for it, and is never started.",
            "status 0",
            f"status {status}",
            check.place,
        )
    with shared.unreachable():
        unready = check.run(port, replica.port, *there) if "/health/ready" in check.text else 1
    for found, why in (
        (silent, "Nobody listens, and the health check is content: a crashed app is healthy."),
        (unready, "/health/ready says 503, and the health check does not look at the status."),
    ):
        if found == 0:
            raise wrong(why, "another status than 0", "status 0", check.place)


class Load:
    """Clients that look and call through nginx, on and on, until the block ends."""

    def __init__(self, fleet, queue):
        self.fleet, self.stopped = fleet, False
        self.answers, self.news = [], threading.Condition()
        self.calls = [
            ("GET", f"/queues/{queue}", None),
            ("PUT", f"/queues/{queue}/serving", {"number": 1}),
        ]
        self.threads = [threading.Thread(target=self.go_on, args=[n]) for n in range(CLIENTS)]

    def go_on(self, turn):
        while not self.stopped:
            method, path, body = self.calls[turn % len(self.calls)]
            status, _ = send(self.fleet, method, path, body, desk())
            turn += 1
            with self.news:
                self.answers.append((status, f"{method} {path}"))
                self.news.notify_all()

    def more(self, count):
        """Wait for so many further answers."""
        with self.news:
            wanted = len(self.answers) + count
            self.news.wait_for(lambda: len(self.answers) >= wanted, 2 * WAIT)

    @property
    def failed(self):
        return [answer for answer in self.answers if answer[0] != 200]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.stopped = True
        for thread in self.threads:
            thread.join(2 * REPLY)


def look_at(load, what, place):
    if load.failed:
        status, call = load.failed[0]
        raise wrong(
            f"One of two replicas was {what} while people looked and the desk called, and "
            f"{len(load.failed)} of {len(load.answers)} requests failed. The other replica could "
            "have answered them.",
            f"200 for {call}",
            status or "no answer",
            place,
            "wrong-status",
        )


def begin(fleet, rng):
    """A queue with a number in it."""
    queue = queue_name(rng)
    path, port = f"/queues/{queue}/numbers", fleet.replicas[0].port
    # An app that tries a connection of yesterday has heard of that before.
    statuses = (send(fleet, "POST", path, port=port)[0] for _ in range(3))
    status = next((status for status in statuses if status in (201, 429)), 500)
    if status == 429:
        raise itself_refuses()
    if status != 201:
        raise wrong(
            "A replica was asked past nginx for the first number of a queue, and gave none.",
            f"201 for POST {path}",
            status,
            kind="wrong-status",
        )
    return queue


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("no-failed-request")
@needs("test_who_looks_is_not_limited")
@hints("Both replicas are in the upstream, and nginx goes on to the next one after an error.")
def test_killed_under_load(fleet, shared, rng):
    """One replica is killed under load, and no GET and no PUT fails."""
    with Load(fleet, begin(fleet, rng)) as load:
        load.more(BEFORE)
        # While all wait for the database: an answer that has begun could not be given again.
        with shared.locked(READERS):
            until = time.monotonic() + WAIT
            while shared.waiting() < CLIENTS and time.monotonic() < until:
                time.sleep(LOOK)
            fleet.replicas[0].kill()
        load.more(AFTER)
    look_at(load, "killed", fleet.plan.proxy_pass)


class Mortal(BaseHTTPRequestHandler):
    """Stands for a replica that is killed after it has read its first request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.heard.append(self.command)
        self.close_connection = True
        if len(self.server.heard) > 1:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    do_POST = do_PUT = do_GET  # noqa: N815  names of http.server's

    def log_message(self, *args):
        pass


def late(body):
    """A body that comes after its headers, as from far away."""
    time.sleep(5 * LOOK)
    yield body


@contextmanager
def mortals(shared, count=2):
    """nginx before servers of our own, and what they have heard."""
    from course.deployment.fleet import nginx_before

    heard, ports = [], []
    with ExitStack() as stack:
        for _ in range(count):
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Mortal))
            server.heard, server.daemon_threads = heard, True
            thread = threading.Thread(target=server.serve_forever, args=[LOOK], daemon=True)
            thread.start()
            stack.callback(server.shutdown)
            ports.append(server.server_port)
        record = shared.session.exchanges.append
        yield stack.enter_context(nginx_before(ports, shared.fleet.plan, record)), heard


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("no-failed-request")
@needs("test_who_looks_is_not_limited")
@hints(
    "What nginx does by itself is right. Does proxy_next_upstream say something else?",
    "non_idempotent repeats what must happen once.",
    "With proxy_request_buffering off, nginx has no body to send a second time.",
)
def test_a_second_try(shared):
    """A replica dies with a request: nginx repeats a GET and a PUT, and never a POST."""
    fleet = shared.get(least=1)
    for method, path in (
        ("POST", "/queues/a/numbers"),
        ("GET", "/queues/a"),
        ("PUT", "/queues/a/serving"),
    ):
        with mortals(shared) as (proxy, heard):
            options = {"content": late(b"{}"), "headers": {"Content-Length": "2"}}
            response = proxy.ask(method, path, **(options if method == "PUT" else {}))
        if method == "POST" and len(heard) > 1:
            raise wrong(
                "A replica took a number, and died before it could say which. nginx asked the "
                "other one, which took another number: one request, and two numbers are gone.",
                "one replica gets the POST",
                f"{len(heard)} of them",
                fleet.plan.proxy_pass,
            )
        if method != "POST" and response.status_code != 200:
            raise wrong(
                f"A replica died with a {method}, and the client gets an error. To do it twice is "
                "the same as once, so nginx could have asked the other one.",
                f"200 for {method} {path}",
                response.status_code,
                fleet.plan.proxy_pass,
                "wrong-status",
            )


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("the-limit")
@needs("test_the_limit")
@hints("rate=1r/s is one each second. rate=1r/m would be one each minute.")
def test_after_a_pause(shared, rng):
    """Who was over the limit may take a number again after a pause."""
    # Far behind the check of the limit: the pause is the time that the others take.
    fleet, path = shared.get(least=1), f"/queues/{queue_name(rng)}/numbers"
    where, since = shared.refused
    if where is not fleet.nginx:
        since = look_for_the_limit(fleet, path)
    while (response := fleet.ask("POST", path)).status_code != 201:
        if time.monotonic() - since > WAIT:
            raise wrong(
                "Somebody was over the limit, waited for some seconds, and still gets nothing.",
                "201 after a second",
                response.status_code,
                kind="wrong-status",
            )
        time.sleep(5 * LOOK)


def look_for_the_limit(fleet, path):
    """Go over it, and say when that was."""
    for _ in range(ASKED):
        fleet.ask("POST", path)
    return time.monotonic()


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("no-failed-request")
@needs("test_who_looks_is_not_limited")
@hints(
    "docker stop sends SIGTERM, unless STOPSIGNAL or stop_signal says otherwise.",
    "The end of the lifespan must not wait for anything for long.",
)
def test_stopped_under_load(fleet, rng):
    """One replica is stopped under load: it answers what it has begun, and nothing fails."""
    queue, replica, files = begin(fleet, rng), fleet.replicas[0], fleet.plan
    server.has_time_to_end(files.compose, files.dockerfile, files.apps)
    with Load(fleet, queue) as load, closing(half(queue, replica)) as line:
        load.more(BEFORE)
        replica.stop(files)
        load.more(BEFORE)
        try:
            line.sendall(b" 1}")
            answer = line.recv(4096)
        except OSError:
            answer = b""
        load.more(BEFORE)
        if b" 200 " not in answer[:20]:
            raise wrong(
                "The desk was calling a number when the replica was stopped, and got no answer. "
                "That happens with every new version.",
                "200, and then the end",
                "no answer",
                files.stopped_by,
            )
        if replica.wait() is None:
            raise wrong(
                "All requests are answered, and the server still runs five seconds after the "
                "signal. Docker kills it then.",
                "the process ends",
                "it runs",
                files.stopped_by,
            )
    look_at(load, "stopped", files.stopped_by)


def half(queue, replica):
    """A connection on which the app waits for the second half of a PUT."""
    headers = {"X-Desk-Key": KEY, "Content-Type": "application/json"}
    line = replica.put(f"/queues/{queue}/serving", 13, headers, REPLY)
    line.sendall(b'{"number":')
    return line


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("alive-and-ready")
@needs("test_ready")
@hints("A connection that is refused is an OSError, which is no SQLAlchemyError.")
def test_ready_without_a_server(shared):
    """GET /health/ready is 503, too, when nobody listens where the database was."""
    fleet = shared.get(least=1)
    shared.end_server()
    try:
        look_ready(
            fleet,
            503,
            "Nobody listens at the database's port, and the app does not say that it is not "
            "ready. The error is another one than before.",
        )
    finally:
        shared.end_fleet()
