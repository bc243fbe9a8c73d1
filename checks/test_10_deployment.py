import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import aiosqlite  # noqa: F401  here, so that it is there before the save for which a run waits
import pydantic_settings  # noqa: F401
import pytest
import sqlalchemy.ext.asyncio  # noqa: F401

from course.deployment import compose, dockerfile, health, ignore, nginx, plan
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
from course.deployment.shared import Shared
from course.harness import hints, needs, needs_program, section, terminal_only
from course.harness.finding import wrong
from course.harness.lifespan import StartupFailed
from course.harness.load import LoadProblem
from course.harness.session import session_of

# The app may be imported before the first check, and need not start without a secret.
os.environ["SECRET_KEY"] = secrets.token_hex(16)

SHORTEST = 32  # characters of a secret
FORGED = "6.6.6.6"
NEEDED = ("main.py", "shop.py", "database.py", "requirements.txt")  # in the image
SMALL, LARGE = 2_000_000, 2_100_000  # bytes of a picture that passes, and of one that does not
PROCESSES = "it needs real processes"
NGINX = (
    "nginx",
    "These checks start your app behind a real one. On Debian and Ubuntu: sudo apt install "
    "nginx-light; on macOS: brew install nginx. In a Codespace it is there.",
)


# What the checks know of the learner's files --------------------------------------------------------


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


# main.py --------------------------------------------------------------------------------------------


@contextmanager
def gone(database: Path) -> Iterator[None]:
    """The database cannot be reached."""
    aside = database.with_name("aside")
    database.rename(aside)
    try:
        yield
    finally:
        aside.rename(database)


@pytest.fixture
def database(monkeypatch, folder):
    """The folder of the database: ask for it before `api`."""
    place = folder / "database"
    place.mkdir(exist_ok=True)
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{place / 'shop.db'}")
    return place


def starts(request: pytest.FixtureRequest) -> str:
    try:
        with request.getfixturevalue("start")():
            return "the app starts"
    except (LoadProblem, StartupFailed):
        return "the app does not start"


@section("settings-that-refuse")
@hints(
    "A setting without a default must be in the environment.",
    "secret_key: Annotated[str, Field(min_length=32)], and nothing after it.",
)
def test_no_start_without_a_secret(database, monkeypatch, request):
    """Without SECRET_KEY the app does not start."""
    monkeypatch.delenv("SECRET_KEY")
    found = starts(request)
    assert found == "the app does not start", (
        "SECRET_KEY is not set, and the app has started, with a secret that everyone can read in "
        "the source. On a server nobody would notice."
    )


@section("settings-that-refuse")
@needs("test_no_start_without_a_secret")
@hints("from pydantic import Field, and Field(min_length=32).")
def test_no_start_with_a_short_secret(database, monkeypatch, request, rng):
    """With a SECRET_KEY of 31 characters the app does not start."""
    short = "".join(rng.choices("abcdefgh01234567", k=SHORTEST - 1))
    monkeypatch.setenv("SECRET_KEY", short)
    found = starts(request)
    assert found == "the app does not start", (
        "SECRET_KEY has 31 characters, and the app has started. Whoever has one token can try "
        "keys on it at home until one fits: a short one is found."
    )


@section("alive-and-ready")
@hints("A function that returns a dict, and asks nobody.")
def test_live(database, api):
    """GET /health/live answers 200, with the database and without."""
    response = api.get("/health/live")
    assert response.status_code == 200
    with gone(database):
        response = api.get("/health/live")
    assert response.status_code == 200, (
        "The database is gone, and /health/live says that the process is broken. Whoever watches "
        "it will start it again, and again: that does not bring the database back."
    )


@section("alive-and-ready")
@hints(
    "await ping() raises DatabaseGone when the database does not answer.",
    'except DatabaseGone: raise HTTPException(503, "…")',
)
def test_ready(database, api):
    """GET /health/ready answers 200, and 503 while the database is gone."""
    response = api.get("/health/ready")
    assert response.status_code == 200
    with gone(database):
        response = api.get("/health/ready")
        assert response.status_code == 503, (
            "The database is gone, and /health/ready does not say 503. So requests go on coming "
            "to an app that cannot answer them."
        )
    response = api.get("/health/ready")
    assert response.status_code == 200, (
        "The database was gone for a moment and is back, and /health/ready still says no. "
        "Nothing must be remembered: ask each time."
    )


# The Dockerfile -------------------------------------------------------------------------------------


@section("a-base-with-a-version")
@hints("FROM python:3.14-slim", "COPY --from=… needs a version, too.")
def test_the_base_has_a_version(image):
    """Dockerfile: every image that it begins with has a version."""
    images.bases_are_maintained(image)
    images.have_versions(image)


@section("what-changes-seldom-first")
@hints(
    "First COPY requirements.txt, then RUN pip install, and then COPY the rest.",
    "RUN pip install --no-cache-dir --requirement requirements.txt",
)
def test_dependencies_come_first(image):
    """Dockerfile: it installs what requirements.txt lists, and copies the code after that."""
    layers.packages_have_versions(image)
    layers.packages_come_before_code(image)
    layers.code_gets_in(image, *(name for name in NEEDED if name.endswith(".py")))


@section("no-secret-in-an-image")
@hints("The container gets its secrets from the environment when it starts, not before.")
def test_no_secret_in_the_image(image):
    """Dockerfile: there is no secret in it."""
    secret.is_not_in_the_image(image)


@section("nobody-special")
@hints("RUN useradd --system shop, and then USER shop.")
def test_not_as_root(image):
    """Dockerfile: the container does not run as root."""
    user.is_not_root(image)


@section("the-command")
@hints(
    "A list in square brackets, each word in double quotes.",
    'CMD ["fastapi", "run", "main.py", "--port", "8000"]',
)
def test_the_command_is_a_list(image):
    """Dockerfile: CMD starts the server itself, without a shell in between."""
    server.is_started_directly(image)


# .dockerignore --------------------------------------------------------------------------------------


@section("what-stays-outside")
@hints("One pattern a line: .env, .git, .venv, __pycache__, *.db")
def test_what_stays_outside(folder):
    """.dockerignore keeps secrets, the history and what is made again out of the image."""
    context.leaves_out(ignore.read(folder), "shop.db")


@section("what-stays-outside")
@needs("test_what_stays_outside")
@hints("A pattern such as *.txt or * takes more than it looks. A line with ! is an exception.")
def test_what_the_app_needs(folder):
    """.dockerignore leaves in what the app needs."""
    context.takes_in(ignore.read(folder), *NEEDED)


# compose.yaml ---------------------------------------------------------------------------------------


@section("three-services")
@hints(
    "nginx and postgres have an image with a version, your app has build: .",
    "docker compose config says what is wrong with a file, where Docker is installed.",
)
def test_the_services(file, apps):
    """compose.yaml has an nginx, your app and a PostgreSQL, all with a version."""
    services.nginx(file)
    services.postgres(file)
    images.of_services_have_versions(file)
    services.name_what_the_file_has(file)
    services.run_the_image(file, apps)


@section("the-command")
@needs("test_the_command_is_a_list", "test_the_services")
@hints(
    "fastapi run is for servers, fastapi dev and --reload are for your own machine.",
    "In a container, 127.0.0.1 is the container itself: --host 0.0.0.0.",
)
def test_the_server_is_for_production(image, file, apps):
    """The container starts a server without reload, that other containers can reach."""
    server.is_for_production(file, image, apps)


@section("a-health-check-that-can-run")
@needs("test_the_command_is_a_list", "test_the_services")
@hints(
    "A slim image has neither curl nor wget. It has Python.",
    'CMD ["python", "-c", "import urllib.request as r; r.urlopen(\'http://127.0.0.1:8000/health/ready\')"]',
)
def test_a_health_check(image, file, apps):
    """The app's container has a health check, with a program that is in the image."""
    healthcheck.can_run(file, image, apps)


@section("three-services")
@needs("test_the_services")
@hints("deploy: and below it replicas: 2", "container_name can be there only for one container.")
def test_two_replicas(file, apps):
    """compose.yaml: two replicas of the app run."""
    services.are_replicated(file, apps)


@section("one-door")
@needs("test_the_services")
@hints("Only nginx has ports:. Inside their network, containers reach each other without.")
def test_one_door(file, apps):
    """compose.yaml: only nginx has a port for the outside."""
    services.have_one_door(file, apps)


@section("who-waits-for-whom")
@needs("test_the_services")
@hints(
    "depends_on: with a name, and below it condition: service_healthy",
    'PostgreSQL: test: ["CMD-SHELL", "pg_isready --username shop"]',
)
def test_who_waits_for_whom(file, apps):
    """compose.yaml: nginx waits until the app is healthy, and the app until the database is."""
    services.wait_for_each_other(file, apps)


@section("what-comes-from-outside")
@needs("test_the_services")
@hints(
    "${SECRET_KEY:?} takes the value from the environment, and stops when there is none.",
    "DATABASE_URL: postgresql+asyncpg://shop:${POSTGRES_PASSWORD}@db/shop",
)
def test_secrets_come_from_outside(file, apps):
    """compose.yaml: secrets come from the environment, and none stands in the file."""
    secret.comes_from_outside(file)
    secret.gets_to_the_app(file, apps)


@section("a-database-that-stays")
@needs("test_the_services")
@hints(
    "In a container, localhost is the container itself. Another one is reached by its service's name.",
    "postgresql+asyncpg://, because the app talks to it with asyncpg.",
)
def test_the_app_finds_its_database(file, apps):
    """compose.yaml: DATABASE_URL leads to the service of the database."""
    storage.is_found(file, apps)


@section("a-database-that-stays")
@needs("test_the_services")
@hints(
    "volumes: and below it - orders:/var/lib/postgresql/data",
    "And orders: under the volumes of the file.",
)
def test_the_data_stays(file):
    """compose.yaml: what PostgreSQL writes is in a volume."""
    storage.is_kept(file)


# nginx.conf -----------------------------------------------------------------------------------------


@section("nginx-in-front")
@needs("test_the_services", "test_one_door")
@hints(
    "./nginx.conf:/etc/nginx/nginx.conf:ro, under volumes of nginx.",
    "ports has the host's port first, and then the one on which nginx listens.",
)
def test_nginx_gets_its_configuration(file, configuration):
    """compose.yaml: nginx gets your nginx.conf, and listens where its port leads."""
    proxy.gets_its_configuration(file, configuration)


@section("nginx-in-front")
@needs("test_the_services", "test_the_server_is_for_production")
@hints(
    "upstream shop { server api:8000; }, and proxy_pass http://shop;",
    "The name of a service is the name of its containers, of all its replicas.",
)
def test_nginx_finds_the_app(configuration, file, image, apps):
    """nginx.conf sends requests to the app, by the name of its service."""
    proxy.finds_the_app(file, configuration, image, apps)


# Real processes -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared(request):
    with closing(Shared(session_of(request.config))) as found:
        yield found


@pytest.fixture
def fleet(shared):
    """Two replicas of the app behind nginx, all of them running."""
    return shared.get()


STATIC = (
    "test_dependencies_come_first",
    "test_the_server_is_for_production",
    "test_two_replicas",
    "test_nginx_gets_its_configuration",
    "test_nginx_finds_the_app",
)


def caller(fleet, **how):
    """What the app says of who has asked, through nginx."""
    response = fleet.ask("GET", "/whoami", **how)
    if response.status_code != 200:
        raise wrong(
            "The app answers GET /whoami, and through nginx it comes out otherwise. Does a location "
            "fit this path, and does proxy_pass send it on as it is?",
            "200",
            response.status_code,
            kind="wrong-status",
        )
    return response.json()


@terminal_only(PROCESSES)
@needs_program(*NGINX)
@section("two-replicas")
@needs(*STATIC)
@hints("All servers of the upstream get their share, unless one is backup or down.")
def test_both_replicas_answer(fleet):
    """nginx sends requests to both replicas."""
    seen = {caller(fleet)["instance"] for _ in range(6)}
    for source in fleet.clients if len(seen) < 2 else ():  # ip_hash: the same client, the same one
        seen.add(caller(fleet, source=source)["instance"])
    if len(seen) < len(fleet.replicas):
        raise wrong(
            "Two replicas run, and all requests were answered by the same one. The other is "
            "there and has nothing to do.",
            "both replicas answer",
            f"only {', '.join(sorted(seen))}",
        )


@terminal_only(PROCESSES)
@needs_program(*NGINX)
@section("who-has-asked")
@needs("test_both_replicas_answer")
@hints(
    "nginx: proxy_set_header Host $http_host;, X-Forwarded-For $remote_addr; and X-Forwarded-Proto $scheme;",
    "The app: FORWARDED_ALLOW_IPS under environment, or --forwarded-allow-ips.",
)
def test_who_has_asked(fleet):
    """The app knows the client's address, the scheme and the host that were asked for."""
    from course.deployment.fleet import HOST, PROXY

    trusted = fleet.plan.trusted(PROXY)
    for number in range(1, len(fleet.plan.apps)):
        other = fleet.plan.of(number)
        if trusted != plan.NOBODY and other.trusted(PROXY) == plan.NOBODY:
            raise wrong(
                f"{fleet.plan.app.name} believes nginx, and {other.app.name} does not: it has "
                "another environment or command. So every second request seems to come from nginx.",
                "both believe nginx",
                f"{other.app.name} believes {other.server.trusts(other.environment)}",
                fleet.plan.compose.place("services", other.app.name),
            )
    for scheme in ("http", "https"):
        found = caller(fleet, scheme=scheme)
        if found["client"] != fleet.client:
            unheard = trusted == plan.NOBODY
            raise wrong(
                "nginx has its own address in Docker's network, and the app does not believe "
                "what a stranger forwards. Name that network, or *, in FORWARDED_ALLOW_IPS."
                if unheard
                else "nginx tells the app nothing of the client, so all requests seem to come "
                "from nginx.",
                f"the client's address, {fleet.client}",
                f"client: {found['client']}",
                None if unheard else fleet.plan.proxy_pass,
            )
        if found["scheme"] != scheme:
            raise wrong(
                f"A request by {scheme} came to nginx, and the app holds it for one by "
                f"{found['scheme']}. Its links and redirects lead to the wrong scheme.",
                f"scheme: {scheme}",
                f"scheme: {found['scheme']}",
                fleet.plan.proxy_pass,
            )
        host = found["url"].partition("://")[2].partition("/")[0].partition(":")[0]
        if host != HOST:
            raise wrong(
                f"The client asked {HOST}, and the app makes links to {host}, which nobody "
                "outside can open. Without Host, nginx sends the name of its upstream.",
                f"url: {scheme}://{HOST}/whoami",
                f"url: {found['url']}",
                fleet.plan.proxy_pass,
            )


@terminal_only(PROCESSES)
@needs_program(*NGINX)
@section("who-has-asked")
@needs("test_who_has_asked")
@hints("$proxy_add_x_forwarded_for keeps what the client has sent. $remote_addr does not.")
def test_nobody_is_somebody_else(fleet):
    """A client cannot give itself another address or scheme."""
    forged = {"x-forwarded-for": FORGED, "x-forwarded-proto": "https"}
    found = caller(fleet, headers=forged)
    if found["client"] != fleet.client:
        raise wrong(
            f"A client sent X-Forwarded-For: {FORGED}, and the app believes it. Limits, logs and "
            "locks by address are worth nothing then.",
            f"client: {fleet.client}",
            f"client: {found['client']}",
            fleet.plan.proxy_pass,
        )
    if found["scheme"] != "http":
        raise wrong(
            "A client sent X-Forwarded-Proto: https by plain http, and the app believes it.",
            "scheme: http",
            f"scheme: {found['scheme']}",
            fleet.plan.proxy_pass,
        )


@terminal_only(PROCESSES)
@needs_program(*NGINX)
@section("who-has-asked")
@needs("test_both_replicas_answer")
@hints("Leave these headers to the server. It knows whom to believe.")
def test_only_the_proxy_is_believed(fleet, shared):
    """The app believes nobody else: a stranger's X-Forwarded-For changes nothing."""
    from course.deployment import fleet as fleets

    forged = {"x-forwarded-for": FORGED, "x-forwarded-proto": "https"}
    with ExitStack() as stack:
        asked = fleet
        # Who trusts everybody has only the network to keep strangers away.
        if fleet.plan.trusted(fleets.PROXY) not in (fleets.PROXY, plan.NOBODY):
            record = shared.session.exchanges.append
            asked = stack.enter_context(
                fleets.fleet(fleet.plan, record, 1, proxy=False, trusted=plan.NOBODY)
            )
        response = asked.ask("GET", "/whoami", replica=asked.replicas[0], headers=forged)
        seen = response.json() if response.status_code == 200 else {}
    if (seen.get("client"), seen.get("scheme")) == (FORGED, "https"):
        told = "both"
    else:
        told = next(
            (k for k, v in (("client", FORGED), ("scheme", "https")) if seen.get(k) == v), ""
        )
    if told:
        raise wrong(
            "Somebody who is no proxy sent these headers, and the app takes them for true: it "
            "reads them itself, from whoever it is. The server does that for the proxy only.",
            f"client: {asked.client}, scheme: http",
            f"client: {seen['client']}, scheme: {seen['scheme']}",
        )


@terminal_only(PROCESSES)
@needs_program(*NGINX)
@section("how-large")
@needs("test_both_replicas_answer")
@hints("client_max_body_size 2m;, in the block server. Without it, nginx takes 1 MB.")
def test_how_large(fleet):
    """A picture of 2,000,000 bytes passes nginx, one of 2,100,000 is refused with 413."""
    response = fleet.ask("PUT", "/products/1/picture", content=b"x" * SMALL)
    if response.status_code != 200:
        raise wrong(
            "A picture of 2,000,000 bytes did not come through. Without a word, nginx takes one "
            "megabyte.",
            "200",
            response.status_code,
            fleet.plan.proxy_pass,
            "wrong-status",
        )
    status = fleet.announce("PUT", "/products/1/picture", LARGE)
    if status != 413:
        raise wrong(
            "A picture of 2,100,000 bytes was announced, and nginx takes it. A client who sends "
            "without an end fills the disk, or the memory of the app.",
            "413",
            status,
            fleet.plan.proxy_pass,
            "wrong-status",
        )


@terminal_only(PROCESSES)
@needs_program(*NGINX)
@section("alive-and-ready")
@needs("test_both_replicas_answer", "test_ready")
@hints("Let nginx send /health/ready to the app like everything else.")
def test_ready_through_nginx(fleet):
    """GET /health/ready says through nginx what the app says: 503 while the database is gone."""
    look_ready(fleet, 200, "The database is there, and nginx does not say that the app is ready.")
    with fleet.without_database():
        look_ready(
            fleet,
            503,
            "The database is gone, both replicas say 503, and nginx says something else. Who "
            "watches the shop from outside does not notice.",
        )
    look_ready(fleet, 200, "The database is back, and the app still says no.")


def look_ready(fleet, status, why):
    for _ in range(2):
        response = fleet.ask("GET", "/health/ready")
        if response.status_code != status:
            raise wrong(why, status, response.status_code, kind="wrong-status")


@terminal_only(PROCESSES)
@needs_program(*NGINX)
@section("a-health-check-that-can-run")
@needs("test_both_replicas_answer", "test_a_health_check")
@hints(
    "It must ask the port on which the server listens, and end with another status than 0 when something is wrong.",
    "urllib.request.urlopen raises for a 503. httpx.get does not, without raise_for_status().",
)
def test_the_health_check_tells_the_truth(fleet):
    """The health check of the container is content with the app, and with nothing else."""
    from course import ports

    files = fleet.plan
    check = health.of(files.app, files.compose, files.dockerfile)
    port = int(files.server.port(files.environment))
    replica = fleet.replicas[0]
    there = (files.folder, replica.environment)
    status = check.run(port, replica.port, *there)
    if status is None:
        return  # this machine lacks the program; that the image has it was seen before
    if status != 0:
        raise wrong(
            "The app is well, and its health check fails: it asks another port or path, or with "
            "a program that ends with an error.",
            "status 0",
            f"status {status}",
            check.place,
        )
    if check.run(port, ports.free(), *there) == 0:
        raise wrong(
            "Nobody listens, and the health check is content. So a container whose app has "
            "crashed or hangs is healthy.",
            "another status than 0",
            "status 0",
            check.place,
        )
    with fleet.without_database():
        unwell = check.run(port, replica.port, *there)
    if "/health/ready" in check.text and unwell == 0:
        raise wrong(
            "/health/ready answers 503, and the health check is content: it asks, and does not "
            "look at the status.",
            "another status than 0",
            "status 0",
            check.place,
        )


@terminal_only(PROCESSES)
@needs_program(*NGINX)
@section("one-is-killed")
@needs("test_both_replicas_answer")
@hints("nginx tries the next server by itself. Is that turned off, or too short?")
def test_one_is_killed(fleet):
    """When one replica is killed, every request is still answered."""
    lost, other = fleet.replicas
    lost.kill()
    for _ in range(10):
        response = fleet.ask("GET", "/whoami")
        if response.status_code != 200:
            raise wrong(
                "One of two replicas was killed, and a client gets an error. nginx could have "
                "asked the other one: nobody had answered yet.",
                "200, from the replica that is left",
                response.status_code,
                fleet.plan.proxy_pass,
                "wrong-status",
            )
    if other.ended:
        raise wrong("The other replica has ended, too.", "it goes on", "it has ended")


@terminal_only(PROCESSES)
@needs_program(*NGINX)
@section("a-gentle-end")
@needs("test_both_replicas_answer")
@hints("docker stop sends the signal of STOPSIGNAL. Without that it is SIGTERM, which is right.")
def test_a_gentle_end(shared):
    """When a replica is stopped during a request, it answers that first, and then ends."""
    replica = next((r for r in running(shared) if not r.ended), None) or shared.get().replicas[0]
    files = shared.fleet.plan
    server.has_time_to_end(files.compose, files.dockerfile, files.apps)
    with closing(replica.put("/products/1/picture", 1000)) as line:
        line.sendall(b"x" * 500)
        replica.stop(files)
        try:
            line.sendall(b"x" * 500)
            answer = line.recv(4096)
        except OSError:
            answer = b""
    if b" 200 " not in answer[:20]:
        raise wrong(
            "A client was sending a picture when the container was stopped, and got no answer. "
            "At every new version, all requests on their way are lost.",
            "200, and then the end",
            "no answer",
            files.stopped_by,
        )
    if replica.wait() is None:
        raise wrong(
            "The request is answered, and the server still runs five seconds after the signal. "
            "Docker waits for ten and kills it then.",
            "the process ends",
            "it runs",
            files.stopped_by,
        )


def running(shared):
    return shared.fleet.replicas if shared.fleet else []
