import contextlib
import http.client
import json
import os
import re
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import aiosqlite  # noqa: F401  here, so that it is there before the save for which a run waits
import pydantic_settings  # noqa: F401
import pytest
import sqlalchemy.ext.asyncio  # noqa: F401

from course.deployment import command, compose, dockerfile, health, ignore, nginx, plan
from course.deployment.installation import brings, code_before, has_program, installations
from course.harness import hints, needs, needs_program, section, terminal_only
from course.harness.finding import Finding
from course.harness.lifespan import StartupFailed
from course.harness.load import LoadProblem
from course.harness.session import session_of
from course.harness.workspace import restore

# The app may be imported before the first check, and need not start without a secret.
KEY = os.environ["SECRET_KEY"] = secrets.token_hex(16)

SHORTEST = 32  # characters of a secret
OLDEST, NEWEST = 11, 15  # Python 3.11 to 3.15
AT_ONCE, ASKED, REFUSED = 5, 20, 10  # numbers that one may take, tries, and how many of them fail
CLIENTS = 4  # under load
BEFORE, AFTER = 20, 80  # answers under load, before a replica ends and after that
REPLY = 5.0  # seconds for an answer under load
WAIT = 4.0  # seconds for what comes at once on a machine with nothing else to do
LOOK = 0.01  # seconds between two looks
FORGED = "6.6.6.6"
SECRET = re.compile(r"(SECRET|SECRET_KEY|PASSWORD|PASSWD|TOKEN|API_?KEY|PRIVATE_?KEY)$", re.I)
CREDENTIALS = re.compile(r"://[^/\s:@]*:[^/\s:@]+@")
PACKAGES = "the browser does not have the packages that read these files"
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


def queue_name(rng):
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=8))


def desk(key=KEY):
    return {"X-Desk-Key": key}


@section("the-numbers")
@hints(
    "Keep the last number of each queue in the table of queues.py.",
    "INSERT … ON CONFLICT (name) DO UPDATE SET last = queues.last + 1 RETURNING last",
)
def test_taking_a_number(start, rng):
    """POST /queues/{queue}/numbers gives each queue its own 1, 2, 3, also after a restart."""
    one, other = queue_name(rng), queue_name(rng)
    with start() as api:
        for queue, number in ((one, 1), (one, 2), (other, 1)):
            response = api.post(f"/queues/{queue}/numbers")
            assert response.status_code == 201
            assert response.json() == {"queue": queue, "number": number}
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
)
def test_calling_a_number(api, rng):
    """PUT /queues/{queue}/serving calls a number, for who has the desk's key."""
    queue = queue_name(rng)
    path = f"/queues/{queue}/serving"
    response = api.put(path, json={"number": 1}, headers=desk())
    assert response.status_code == 404
    for _ in range(2):
        api.post(f"/queues/{queue}/numbers")
    for headers in ({}, desk(secrets.token_hex(16)), desk(KEY[:-1])):
        response = api.put(path, json={"number": 1}, headers=headers)
        assert response.status_code == 401
    for number in (0, "one"):
        response = api.put(path, json={"number": number}, headers=desk())
        assert response.status_code == 422
    response = api.put(path, json={"number": 3}, headers=desk())
    assert response.status_code == 409
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
    return compose.read(folder)


@pytest.fixture
def apps(file, image):
    return file.apps(image)


@terminal_only(PACKAGES)
@section("the-image")
@hints(
    "Read lesson 10 again, from its part on the base of an image to the one on health checks.",
    "FROM with a version, requirements.txt, install, the code, USER, HEALTHCHECK, and CMD as a list.",
)
def test_the_image(image):
    """Dockerfile: a base with a version, locked packages before the code, no secret, not root."""
    for stage in image.used:
        outside = [stage.base] if image.stage(stage.base) is None else []
        outside += [s for i in stage.own if (s := dockerfile.copied_from(i)) and not image.stage(s)]
        for name in outside:
            look_at_the_version(name, stage.place)
        for instruction in stage.own:
            look_for_secrets(instruction)
    found = [(stage, i) for stage in image.used for i in installations(stage)]
    if not found:
        raise Finding(
            "Nothing installs FastAPI and the others, so there is no server in the container.",
            image.image.place,
            "RUN pip install --requirement requirements.txt",
            "no RUN that installs",
        )
    for _, installation in found:
        if not installation.locked:
            raise Finding(
                "These packages have no version, so two builds of one commit differ.",
                installation.instruction.place,
                "--requirement requirements.txt",
                " ".join(installation.loose)[:60],
            )
    stage, first = found[0]
    if code := code_before(stage, first):
        raise Finding(
            f"The code is copied in line {code.place.line}, before the installation: with each "
            "change of the code, everything is downloaded again.",
            first.instruction.place,
            "COPY requirements.txt, install, and then COPY the code",
            f"{code.place.source} comes first",
        )
    if not brings(image, "main.py"):
        raise Finding(
            "No COPY brings main.py into the image.",
            image.image.place,
            "COPY . . after the installation",
            "main.py stays outside",
        )
    user = image.image.last("USER")
    name = user.value.strip().strip("\"'").partition(":")[0] if user else "root"
    if name in ("root", "0") and "nonroot" not in image.image.root:
        raise Finding(
            "The server is root in its container. Who finds a hole in it may write everywhere in "
            "there, and is one step away from the machine.",
            user.place if user else image.image.place,
            "a USER that is not root, after the installation",
            user.place.source if user else "no USER",
        )


def look_at_the_version(name, place):
    last = name.rpartition("/")[2]
    tag = last.partition(":")[2]
    if "@" in last:
        return
    if (
        not tag
        or tag.split("-")[0] in ("latest", "stable", "mainline")
        or not re.search(r"\d", tag)
    ):
        raise Finding(
            f"{name} is whatever is newest on the day of the build. The image of today cannot be "
            "made again next month.",
            place,
            "an image with a version, such as python:3.14-slim",
            name,
        )
    python = re.match(r"python:(\d+)(?:\.(\d+))?", last)
    if python and not (python[2] and python[1] == "3" and OLDEST <= int(python[2]) <= NEWEST):
        raise Finding(
            f"{name} has no minor version, or one without security updates.",
            place,
            f"Python 3.{OLDEST} to 3.{NEWEST}",
            name,
        )


def look_for_secrets(instruction):
    values = {}
    if instruction.word in ("ENV", "ARG"):
        values = dockerfile.assignments(instruction.value)
    for name, value in values.items():
        given = bool(value) or instruction.word == "ARG"
        if (given and SECRET.search(name)) or CREDENTIALS.search(value):
            raise Finding(
                "Everyone who has the image can read this, in its settings or its history.",
                instruction.place,
                f"no {name} in the image",
                f"{instruction.word} {name}",
            )
    for source in dockerfile.sources(instruction):
        if re.fullmatch(r"\.env(\..*)?", source.rpartition("/")[2]):
            raise Finding(
                "Whoever has the image has this file, with all that stands in it.",
                instruction.place,
                f"no {source} in the image",
                instruction.place.source,
            )


@terminal_only(PACKAGES)
@section("the-image")
@hints(
    "Patterns of .dockerignore are not those of .gitignore: **/__pycache__", "*.db and .env, too."
)
def test_what_stays_outside(folder):
    """.dockerignore keeps secrets, history and databases out, and leaves the app in."""
    ignored = ignore.read(folder)
    outside = (".env", ".git/config", ".venv/bin/python", "__pycache__/x.pyc", "numbers.db")
    inside = ("main.py", "queues.py", "whoami.py", "requirements.txt")
    for path in (*outside, *inside):
        if (path in ignored) != (path in outside):
            rule = ignored.deciding(path)
            raise Finding(
                f"{path} is needed in the image, and this pattern keeps it out."
                if rule and path in inside
                else f"COPY . . brings {path} into the image: a secret, the history, or what is "
                "only of use on your machine.",
                rule.place if rule else None,
                f"{path} is copied" if path in inside else f"{path} stays outside",
                f"{path} stays outside" if path in inside else f"{path} is copied",
            )


@terminal_only(PACKAGES)
@section("the-services")
@needs("test_the_image")
@hints(
    "nginx and postgres by image, with a version, your app with build: . and two replicas.",
    "Only nginx has ports. depends_on with condition: service_healthy, a volume with a name.",
)
def test_the_services(file, image, apps):
    """compose.yaml: nginx, two replicas and PostgreSQL, one door, and who waits for whom."""
    compose.fits_its_schema(file)
    proxy, database = file.nginx(), file.database()
    for what, service in (("nginx", proxy), ("postgres", database), ("your app", apps)):
        if not service:
            raise Finding(
                f"There is no service for {what}.",
                file.place("services"),
                f"a service of {what}",
                f"the services {', '.join(file.services)}",
            )
    for service in (proxy, database):
        look_at_the_version(
            compose.constant(service.image), file.place("services", service.name, "image")
        )
    if sum(app.replicas for app in apps) < 2:
        raise Finding(
            "With one replica, nobody gets an answer while it is stopped or broken.",
            file.place("services", apps[0].name, "deploy"),
            "two replicas",
            f"{apps[0].replicas} of {apps[0].name}",
        )
    for service in file.services.values():
        opened = "ports" if service.data.get("ports") else "network_mode"
        if service.name != proxy.name and (
            service.data.get("ports") or service.data.get("network_mode") == "host"
        ):
            raise Finding(
                f"{service.name} can be reached past nginx, without its limit, and with whatever "
                "X-Forwarded-For a client likes.",
                file.place("services", service.name, opened),
                "ports for nginx only",
                f"{opened} for {service.name}",
            )
    for app in apps:
        look_at_the_app(app, file, image)
    for one, other in [(proxy, app) for app in apps] + [(app, database) for app in apps]:
        condition = one.waits_for.get(other.name, "nothing")
        if condition != "service_healthy" or (other is database and other.test is None):
            raise Finding(
                f"{one.name} is started before {other.name} can answer: only a health check says "
                "when it can.",
                file.place("services", one.name, "depends_on", other.name),
                f"a health check of {other.name}, and condition: service_healthy",
                condition if condition != "service_healthy" else "no healthcheck",
            )
    kept = [s for s, target in database.mounts if target.startswith("/var/lib/postgresql")]
    if not any(kept):
        raise Finding(
            "What PostgreSQL writes goes with its container, and all queues begin at 1 again.",
            file.place("services", database.name, "volumes"),
            "a volume with a name for /var/lib/postgresql/data",
            "none",
        )


def look_at_the_app(app, file, image):
    server = compose.serves(app, image)
    script = command.through_shell(compose.started(app, image))
    line = image.image.last("CMD") or image.image.last("ENTRYPOINT")
    own = "command" in app.data
    shell = script is not None and not command.replaces_the_shell(script)
    for instruction in () if own else (image.image.last("ENTRYPOINT"), image.image.last("CMD")):
        if instruction and instruction.listed is None:
            shell = shell or not command.replaces_the_shell(instruction.value)
    place = file.place("services", app.name, "command") if own or line is None else line.place
    environment = plan.environment(image, app)
    host = server.host(environment)
    if shell or server.develops or host in ("127.0.0.1", "localhost", "::1"):
        raise Finding(
            "A shell starts the server, and does not hand on the signal to stop."
            if shell
            else "This mode is for your own machine: it watches all files and starts again."
            if server.develops
            else f"{host} is the container itself, and nginx is in another one.",
            place,
            "fastapi run or uvicorn on 0.0.0.0, as a list and without reload",
            place.source,
        )
    check = health.of(app, file, image)
    if check is None:
        raise Finding(
            "Nobody asks the app how it is, so nginx is started before it can answer.",
            file.place("services", app.name),
            "HEALTHCHECK in the Dockerfile, or healthcheck here",
            "neither",
        )
    for name in health.ASKING:
        if check.asking(name) and not has_program(image.image, name):
            raise Finding(
                f"There is no {name} in {image.image.root}, so the app is never healthy.",
                check.place,
                "python, or a program that the Dockerfile installs",
                name,
            )


@terminal_only(PACKAGES)
@section("the-services")
@needs("test_the_services")
@hints(
    "${SECRET_KEY:?} stops when there is no value.",
    "postgresql+asyncpg://numbers:${POSTGRES_PASSWORD}@db/numbers",
)
def test_secrets_and_the_database(file, apps):
    """compose.yaml: secrets come from the environment, and DATABASE_URL leads to the database."""
    for service in file.services.values():
        for name, value in service.environment.items():
            known = compose.constant(value or "")
            if (known and SECRET.search(name)) or CREDENTIALS.search(known):
                raise Finding(
                    "Everyone who has the repository has this secret, and each machine has the "
                    "same one.",
                    file.place("services", service.name, "environment", name),
                    f"{name} from the environment, without a default",
                    f"{name} in the file",
                )
    for app in apps:
        for name in ("SECRET_KEY", "DATABASE_URL"):
            if name not in app.environment and not app.env_files:
                raise Finding(
                    f"Nothing gives {name} to the container.",
                    file.place("services", app.name, "environment"),
                    f"{name} under environment, or env_file",
                    "neither",
                )
        url = app.environment.get("DATABASE_URL")
        known = compose.interpolated(url or "", {"POSTGRES_PASSWORD": "x"})
        wanted = rf"postgresql\+asyncpg://([^/]*@)?{re.escape(file.database().name)}[:/].*"
        if known and not re.fullmatch(wanted, known):
            raise Finding(
                "This does not lead to the PostgreSQL of this file: another host, or a driver "
                "that requirements.txt does not have.",
                file.place("services", app.name, "environment", "DATABASE_URL"),
                f"postgresql+asyncpg://…@{file.database().name}/…",
                f"{known.partition('://')[0]}://…@{known.rpartition('@')[2]}",
            )


@terminal_only(PACKAGES)
@section("the-proxy")
@needs("test_the_services")
@hints(
    "./nginx.conf:/etc/nginx/nginx.conf:ro, and an upstream with the name of the service.",
    "ports leads to the port on which nginx listens.",
)
def test_nginx_finds_the_app(folder, file, image, apps):
    """nginx gets your nginx.conf, which sends requests to the app by the name of its service."""
    configuration, proxy = nginx.read(folder), file.nginx()
    mounts = [*proxy.mounts, *file.configs(proxy)]
    target = next((to for source, to in mounts if source.rpartition("/")[2] == nginx.NAME), None)
    part = bool(target) and target.startswith(("/etc/nginx/conf.d/", "/etc/nginx/templates/"))
    if target is None or configuration.whole == part:
        raise Finding(
            "nginx does not get this file, or at a place that does not fit it: a whole one is "
            "/etc/nginx/nginx.conf, one without http and events belongs into conf.d.",
            proxy.place,
            "/etc/nginx/nginx.conf" if configuration.whole else "/etc/nginx/conf.d/default.conf",
            target or "no nginx.conf",
        )
    if not proxy.ports or not configuration.listening(proxy.ports[0][1]):
        raise Finding(
            "No port of the machine leads to where nginx listens.",
            file.place("services", proxy.name, "ports"),
            "a port under ports, and the same with listen",
            f"ports: {proxy.data.get('ports', 'none')}",
        )
    names = {
        app.name: int(compose.serves(app, image).port(plan.environment(image, app))) for app in apps
    }
    targets = nginx.targets(configuration)
    if not targets:
        raise Finding(
            "There is no proxy_pass, so nginx knows nothing of your app.",
            expected="proxy_pass http://…;",
            actual="no proxy_pass",
        )
    for found in targets:
        if names.get(found.host) != (found.port or 80):
            raise Finding(
                "Under this name and port, the container of nginx finds no app of yours.",
                found.directive.place,
                " or ".join(f"{name}:{port}" for name, port in names.items()),
                f"{found.host}:{found.port or 80}",
            )


# Real processes -------------------------------------------------------------------------------------


class Shared:
    """The PostgreSQL of all checks, and the fleet of those that find it whole."""

    def __init__(self, session):
        self.session, self.fleet = session, None
        self.servers, self.replicas = ExitStack(), ExitStack()
        self.server = self.database = ""

    def get(self, least=2):
        """A fleet, so many of its replicas running."""
        from course.deployment.fleet import fleet

        if self.fleet and sum(not replica.ended for replica in self.fleet.replicas) < least:
            self.end_fleet()
        if self.fleet is None:
            if not self.server:
                self.start_server()
            restore(self.session.folder, self.session.files)
            self.database = f"numbers_{secrets.token_hex(4)}"
            self.execute(f"CREATE DATABASE {self.database}")
            url = f"{self.server.rpartition('/')[0]}/{self.database}"
            url = url.replace("://", "+asyncpg://", 1)
            found = plan.read(self.session.folder)
            record = self.session.exchanges.append
            self.fleet = self.replicas.enter_context(fleet(found, record, database=url))
        return self.fleet

    def start_server(self):
        from course import postgres

        os.environ.pop("DATABASE_URL", None)  # a server that we may stop
        home = Path(tempfile.gettempdir())
        if home.name.startswith("course-"):
            home.chmod(0o711)  # who is root lets nobody run it, who must go through
        self.server = self.servers.enter_context(postgres.server())

    def execute(self, *statements, database="postgres"):
        import psycopg

        address = f"{self.server.rpartition('/')[0]}/{database}"
        with psycopg.connect(address, autocommit=True) as connection:
            for statement in statements:
                found = connection.execute(statement)
            return found.fetchall() if found.description else []

    @contextmanager
    def locked(self, mode) -> Iterator[None]:
        """Who wants to write into a table has to wait. In the mode ACCESS EXCLUSIVE, who reads, too."""
        import psycopg

        address = f"{self.server.rpartition('/')[0]}/{self.database}"
        with psycopg.connect(address) as connection:
            found = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
            names = ", ".join(f'"{name}"' for (name,) in found.fetchall())
            if names:
                connection.execute(f"LOCK TABLE {names} IN {mode} MODE")
            yield

    def waiting(self) -> int:
        asked = f"SELECT wait_event_type FROM pg_stat_activity WHERE datname = '{self.database}'"
        return sum(kind == "Lock" for (kind,) in self.execute(asked))

    def disconnect(self) -> None:
        """Close all connections to the database, as it does when it is started again."""
        which = f"FROM pg_stat_activity WHERE datname = '{self.database}'"
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            if not self.execute(f"SELECT pg_terminate_backend(pid) {which}"):
                break
            time.sleep(LOOK)

    @contextmanager
    def unreachable(self) -> Iterator[None]:
        """The server is there, and refuses this database to everyone."""
        allow = f"ALTER DATABASE {self.database} ALLOW_CONNECTIONS"
        try:
            self.execute(f"{allow} false")
            self.disconnect()
            yield
        finally:
            self.execute(f"{allow} true")

    def end_fleet(self):
        self.fleet = None
        self.replicas.close()

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


def wrong(message, expected, actual, place=None, kind="wrong-file"):
    return Finding(message, place, str(expected), str(actual), kind)


def proxy_place(fleet):
    passes = fleet.plan.nginx.passes
    return passes[0].place if passes else None


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
    for wanted in ([1, 2], [3, 4]):
        answers: list[tuple[int, bytes]] = []
        threads = [
            threading.Thread(target=take, args=[fleet, path, replica, answers])
            for replica in fleet.replicas
        ]
        with shared.locked("EXCLUSIVE"):
            for thread in threads:
                thread.start()
            until = time.monotonic() + WAIT
            while len(answers) + shared.waiting() < len(threads) and time.monotonic() < until:
                time.sleep(LOOK)
        for thread in threads:
            thread.join(REPLY)
        taken = sorted(json.loads(body)["number"] for status, body in answers if status == 201)
        if taken != wanted:
            statuses = ", ".join(str(status) for status, _ in answers)
            raise wrong(
                "Both replicas looked before one of them had written, and gave the same number "
                "away. Or each one counts for itself."
                if len(taken) == 2
                else "Both replicas saw that something was free, and the second one to write "
                "broke. Let the database do it in one statement.",
                f"201 and 201, with the numbers {wanted[0]} and {wanted[1]}",
                f"{statuses}, with {' and '.join(map(str, taken)) or 'no number'}",
                kind="wrong-body",
            )


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("the-proxy")
@needs("test_each_number_once")
@hints(
    "All servers of the upstream get their share, unless one is backup or down.",
    "limit_req stands in the location of the path that is limited, and nowhere else.",
)
def test_who_looks_is_not_limited(fleet):
    """nginx lets everybody look as often as they like, and both replicas answer."""
    seen = set()
    for number in range(2 * ASKED):
        path = ("/whoami", "/health/live")[number % 4 == 3]
        response = fleet.ask("GET", path)
        if response.status_code != 200:
            raise wrong(
                "Somebody looks often, and is refused. Only taking numbers is limited."
                if response.status_code in (429, 503)
                else f"Through nginx, GET {path} comes out otherwise than the app answers it.",
                "200",
                response.status_code,
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
@section("the-limit")
@needs("test_who_looks_is_not_limited")
@hints(
    "limit_req_zone in http, limit_req in a location of its own, and limit_req_status.",
    "$binary_remote_addr is the address that nginx sees. nodelay answers at once.",
    "limit_req_zone $binary_remote_addr zone=taking:1m rate=1r/s; limit_req zone=taking burst=4 nodelay;",
)
def test_the_limit(fleet, rng):
    """Each address may take five numbers at once, then one each second: 429 for more."""
    path = f"/queues/{queue_name(rng)}/numbers"
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
    forged = [{"X-Forwarded-For": f"{FORGED}{n}", "X-Real-IP": f"{FORGED}{n}"} for n in range(3)]
    if 429 not in [fleet.ask("POST", path, headers=headers).status_code for headers in forged]:
        raise wrong(
            "Somebody is over the limit, says in a header to be somebody else, and gets more "
            "numbers. Count by the address that nginx sees.",
            "429",
            "201 with X-Forwarded-For",
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
    until = time.monotonic() + WAIT
    while (response := fleet.ask("POST", path)).status_code != 201:
        if time.monotonic() > until:
            raise wrong(
                "Somebody was over the limit, waited for some seconds, and still gets nothing.",
                "201 after a second",
                response.status_code,
                kind="wrong-status",
            )
        time.sleep(20 * LOOK)


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
                proxy_place(fleet),
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
    path = f"/queues/{queue_name(rng)}"
    send(fleet, "POST", f"{path}/numbers", port=fleet.replicas[0].port)
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
    look_ready(fleet, 200, "The database was gone for a moment, and is back. Ask it each time.")


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
    send(fleet, "POST", f"/queues/{queue}/numbers", port=fleet.replicas[0].port)
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
        with shared.locked("ACCESS EXCLUSIVE"):
            until = time.monotonic() + WAIT
            while shared.waiting() < CLIENTS and time.monotonic() < until:
                time.sleep(LOOK)
            fleet.replicas[0].kill()
        load.more(AFTER)
    look_at(load, "killed", proxy_place(fleet))


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


@contextmanager
def mortals(shared, count=2):
    """nginx before servers of our own, and what they have heard."""
    from course.deployment import fleet as fleets

    heard = []
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-"))).resolve()
        found = fleets.Fleet(shared.fleet.plan, home, shared.session.exchanges.append, "")
        found.listen = shared.fleet.listen
        for _ in range(count):
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Mortal))
            server.heard, server.daemon_threads = heard, True
            thread = threading.Thread(target=server.serve_forever, args=[LOOK], daemon=True)
            thread.start()
            stack.callback(server.shutdown)
            found.replicas.append(SimpleNamespace(port=server.server_port))
        found.nginx = fleets._proxy(found, stack)
        yield found, heard


@terminal_only(PROCESSES)
@needs_program(*POSTGRES)
@needs_program(*NGINX)
@section("no-failed-request")
@needs("test_who_looks_is_not_limited")
@hints(
    "What nginx does by itself is right. Does proxy_next_upstream say something else?",
    "non_idempotent repeats what must happen once.",
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
            response = proxy.ask(method, path, content=b"{}" if method == "PUT" else None)
        if method == "POST" and len(heard) > 1:
            raise wrong(
                "A replica took a number, and died before it could say which. nginx asked the "
                "other one, which took another number: one request, and two numbers are gone.",
                "one replica gets the POST",
                f"{len(heard)} of them",
                proxy_place(fleet),
            )
        if method != "POST" and response.status_code != 200:
            raise wrong(
                f"A replica died with a {method}, and the client gets an error. To do it twice is "
                "the same as once, so nginx could have asked the other one.",
                f"200 for {method} {path}",
                response.status_code,
                proxy_place(fleet),
                "wrong-status",
            )


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
    with Load(fleet, queue) as load, closing(half(queue, replica.port)) as line:
        load.more(BEFORE)
        replica.send(stop_signal(files))
        while replica.listens and not replica.ended:
            time.sleep(LOOK)  # it has heard the signal when it takes no connections any more
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
                stop_place(files),
            )
        if replica.wait() is None:
            raise wrong(
                "All requests are answered, and the server still runs five seconds after the "
                "signal. Docker kills it then.",
                "the process ends",
                "it runs",
                stop_place(files),
            )
    look_at(load, "stopped", stop_place(files))


def half(queue, port):
    """A connection on which the app waits for the second half of a PUT."""
    line = socket.create_connection(("127.0.0.1", port), REPLY)
    head = [f"PUT /queues/{queue}/serving HTTP/1.1", "Host: numbers.town", f"X-Desk-Key: {KEY}"]
    head += ["Content-Type: application/json", "Content-Length: 13", "Expect: 100-continue"]
    line.sendall("\r\n".join([*head, "", ""]).encode())
    # The server says this when the app asks for the body: from now on it is in the request.
    said = line.recv(64)
    if b" 100 " not in said:
        raise wrong(f"PUT /queues/{queue}/serving did not ask for its body.", "100", said[:20])
    line.sendall(b'{"number":')
    return line


def stop_signal(files):
    """What docker stop sends to this container."""
    name = str(files.app.data.get("stop_signal", ""))
    if not name and (instruction := files.dockerfile.image.last("STOPSIGNAL")):
        name = instruction.value.strip()
    if name.isdigit():
        return int(name)
    return getattr(signal, f"SIG{name.upper().removeprefix('SIG')}", signal.SIGTERM)


def stop_place(files):
    if "stop_signal" in files.app.data:
        return files.compose.place("services", files.app.name, "stop_signal")
    instruction = files.dockerfile.image.last("STOPSIGNAL")
    return instruction.place if instruction else files.command


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
