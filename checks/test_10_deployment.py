import os
import re
import secrets
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import aiosqlite  # noqa: F401  here, so that it is there before the save for which a run waits
import pydantic_settings  # noqa: F401
import pytest
import sqlalchemy.ext.asyncio  # noqa: F401

from course.deployment import command, compose, dockerfile, health, ignore, nginx, plan
from course.deployment.installation import brings, code_before, commands, has_program, installations
from course.harness import hints, needs, needs_program, section, terminal_only
from course.harness.finding import Finding
from course.harness.lifespan import StartupFailed
from course.harness.load import LoadProblem
from course.harness.session import session_of
from course.harness.workspace import restore

# The app may be imported before the first check, and need not start without a secret.
os.environ["SECRET_KEY"] = secrets.token_hex(16)

SHORTEST = 32  # characters of a secret
OLDEST, NEWEST = 11, 15  # Python 3.11 to 3.15
FORGED = "6.6.6.6"
SECRET = re.compile(r"(SECRET|SECRET_KEY|PASSWORD|PASSWD|TOKEN|API_?KEY|PRIVATE_?KEY)$", re.I)
CREDENTIALS = re.compile(r"://[^/\s:@]*:[^/\s:@]+@")
KNOWN_USERS = ("nobody", "www-data", "daemon", "nonroot")
SMALL, LARGE = 2_000_000, 2_100_000  # bytes of a picture that passes, and of one that does not
PACKAGES = "the browser does not have the packages that read these files"
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
    if str(found.data) not in _fitting:
        compose.fits_its_schema(found)
        _fitting.add(str(found.data))
    return found


_fitting: set[str] = set()
"""What is known to fit: the schema is large, and many checks ask."""


@pytest.fixture
def apps(file, image):
    """The services that run the learner's app."""
    if not file.own:
        raise Finding(
            "No service is built from your Dockerfile. build: . makes the image of the folder in "
            "which compose.yaml stands.",
            file.place("services"),
            "a service with build: .",
            f"the services {', '.join(file.services) or 'none'}",
        )
    if not (found := file.apps(image)):
        service = file.own[0]
        words = " ".join(compose.started(service, image))
        raise Finding(
            f"{service.name} has your image, and this command starts no server in it: the first "
            "word must be a program. exec, && and A=1 are known to a shell only, and there is none.",
            file.place("services", service.name, "command"),
            "uvicorn main:app or fastapi run main.py, with options",
            shorter(words) or "no command",
        )
    return found


@pytest.fixture
def configuration(folder):
    return nginx.read(folder)


def named(service):
    return f"the service {service.name}"


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


@terminal_only(PACKAGES)
@section("a-base-with-a-version")
@hints("FROM python:3.14-slim", "COPY --from=… needs a version, too.")
def test_the_base_has_a_version(image):
    """Dockerfile: every image that it begins with has a version."""
    for stage in image.used:
        if image.stage(stage.base) is None or stage.base == stage.root:
            look_at_the_base(stage.base, stage.place)
        for instruction in stage.own:
            source = dockerfile.copied_from(instruction)
            if source and image.stage(source) is None:
                look_at_the_version(source, instruction.place)


def look_at_the_base(base, place):
    if "tiangolo/uvicorn-gunicorn" in base:
        raise Finding(
            "This image was made for the time before Uvicorn could run several processes. Its "
            "author does not maintain it any more, and says to build from the official Python.",
            place,
            "python:3.14-slim, or another Python with a version",
            base,
        )
    look_at_the_version(base, place)
    found = re.search(r"python:?(\d+)(?:\.(\d+))?", base)
    if found is None:
        return
    if found[2] is None:
        raise Finding(
            f"{base} is another Python when the next one comes out: the same Dockerfile gives "
            "another image, one day, by itself.",
            place,
            "the minor version as well: python:3.14-slim",
            base,
        )
    if (int(found[1]), int(found[2])) < (3, OLDEST) or int(found[2]) > NEWEST:
        raise Finding(
            f"Python {found[1]}.{found[2]} gets no security updates any more, or is not there "
            f"yet, and FastAPI needs 3.{OLDEST} or newer.",
            place,
            f"Python 3.{OLDEST} to 3.{NEWEST}",
            base,
        )


def look_at_the_version(name, place):
    last = name.rpartition("/")[2]
    tag = last.partition(":")[2]
    if "@" in last:
        return
    moving = tag.split("-")[0] in ("latest", "stable", "mainline")
    bare = last.startswith(("python", "nginx", "postgres")) and not re.search(r"\d", tag)
    if not tag or moving or bare:
        raise Finding(
            f"{name} is whatever is newest on the day of the build. Two builds of the same commit "
            "give two programs, and the older one cannot be made again.",
            place,
            "an image with a version, such as python:3.14-slim",
            name,
        )


@terminal_only(PACKAGES)
@section("what-changes-seldom-first")
@hints(
    "First COPY requirements.txt, then RUN pip install, and then COPY the rest.",
    "RUN pip install --no-cache-dir --requirement requirements.txt",
)
def test_dependencies_come_first(image):
    """Dockerfile: it installs what requirements.txt lists, and copies the code after that."""
    found = [(stage, i) for stage in image.used for i in installations(stage)]
    if not found:
        raise Finding(
            "Nothing installs FastAPI and the others, so the server is not there when the "
            "container starts.",
            image.image.place,
            "RUN pip install --requirement requirements.txt",
            "no RUN that installs",
        )
    for _, installation in found:
        if not installation.locked:
            raise Finding(
                "These packages have no version, so each build takes the newest. requirements.txt "
                "names the versions that the app was tested with.",
                installation.instruction.place,
                "--requirement requirements.txt",
                shorter(" ".join(installation.loose)),
            )
    stage, first = found[0]
    if code := code_before(stage, first):
        raise Finding(
            f"The code is copied in line {code.place.line}, before the installation. Docker "
            "takes a layer from its cache until something has changed: so with each change of "
            "the code, everything is downloaded again.",
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


def shorter(text):
    return text if len(text) <= 60 else f"{text[:59]}…"


@terminal_only(PACKAGES)
@section("no-secret-in-an-image")
@hints("The container gets its secrets from the environment when it starts, not before.")
def test_no_secret_in_the_image(image):
    """Dockerfile: there is no secret in it."""
    for stage in image.used:
        for instruction in stage.own:
            if instruction.word == "ENV":
                values = dockerfile.assignments(instruction.value)
                for name, value in values.items():
                    if (value and SECRET.search(name)) or CREDENTIALS.search(value):
                        raise Finding(
                            "docker inspect shows it to everyone who can pull the image, and it "
                            "stays in its history after you have removed it.",
                            instruction.place,
                            f"no {name} in the image",
                            f"ENV {name}=…",
                        )
            if instruction.word == "ARG":
                for name in dockerfile.assignments(instruction.value):
                    if SECRET.search(name):
                        raise Finding(
                            "The value of an ARG stays in the history of the image: docker "
                            "history shows it. A secret that a build needs comes in with RUN "
                            "--mount=type=secret.",
                            instruction.place,
                            f"no {name} in the image",
                            f"ARG {name}",
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
@section("nobody-special")
@hints("RUN useradd --system shop, and then USER shop.")
def test_not_as_root(image):
    """Dockerfile: the container does not run as root."""
    stage = image.image
    instruction = stage.last("USER")
    if instruction is None:
        if "nonroot" in stage.root:
            return
        raise Finding(
            "Without USER, the server is root in its container. Who finds a hole in it may write "
            "everywhere in there, and is one step away from the machine.",
            stage.place,
            "a USER after the installation",
            "no USER, so root",
        )
    arguments = {
        name: value
        for other in stage.all
        if other.word == "ARG"
        for name, value in dockerfile.assignments(other.value).items()
    }
    text = dockerfile.expand(instruction.value, {**arguments, **stage.environment})
    user = text.strip().partition(":")[0].strip("\"'")
    if user in ("root", "0", ""):
        raise Finding(
            "The last USER counts, and it is root. Who finds a hole in the server may write "
            "everywhere in the container, and is one step away from the machine.",
            instruction.place,
            "a USER that is not root",
            instruction.place.source,
        )
    made = [
        words
        for other in stage.all
        if other.word == "RUN"
        for words in commands(other)
        if words[0].rpartition("/")[2] in ("useradd", "adduser") and user in words
    ]
    if not user.isdigit() and user not in KNOWN_USERS and not made:
        raise Finding(
            f"Nobody has made the user {user}, so the container does not start: unable to find "
            f"user {user}.",
            instruction.place,
            f"RUN useradd --system {user} before it, or a number",
            f"no user {user}",
        )


@terminal_only(PACKAGES)
@section("the-command")
@hints(
    "A list in square brackets, each word in double quotes.",
    'CMD ["fastapi", "run", "main.py", "--port", "8000"]',
)
def test_the_command_is_a_list(image):
    """Dockerfile: CMD starts the server itself, without a shell in between."""
    stage = image.image
    instruction = stage.last("ENTRYPOINT") or stage.last("CMD")
    if instruction is None:
        raise Finding(
            "Nothing says what a container of this image starts.",
            stage.place,
            'CMD ["fastapi", "run", "main.py"]',
            "no CMD",
        )
    for word in ("ENTRYPOINT", "CMD"):
        other = stage.last(word)
        if other is None:
            continue
        if other.listed is None and not command.replaces_the_shell(other.value):
            quotes = other.value.startswith("[")
            raise Finding(
                "This is no JSON: its texts stand in single quotes, or a comma is missing. So "
                "Docker takes it for a line of a shell, which finds no program of that name."
                if quotes
                else "A shell reads this line, and starts the server as its child. docker stop "
                "speaks to the shell, the server hears nothing, and after ten seconds it is "
                "killed in the middle of its requests.",
                other.place,
                f'a list in double quotes: {word} ["…", "…"]',
                shorter(other.place.source),
            )
    words = [w for i in (stage.last("ENTRYPOINT"), stage.last("CMD")) if i for w in i.words]
    script = command.through_shell(words)
    if script is not None:
        words = command.replaces_the_shell(script) or []
        if not words:
            raise Finding(
                "The list starts a shell, and that starts the server as its child. docker stop "
                "speaks to the shell, the server hears nothing, and after ten seconds it is "
                "killed in the middle of its requests.",
                instruction.place,
                "the server as the first word, or exec before it",
                shorter(instruction.place.source),
            )
    if instruction.listed is None:
        words = command.replaces_the_shell(instruction.value) or []
    if command.server(words) is None:
        raise Finding(
            "The first word is neither uvicorn nor fastapi, so the checks cannot tell which "
            "server this starts.",
            instruction.place,
            "uvicorn main:app or fastapi run main.py, with options",
            shorter(instruction.place.source),
        )


# .dockerignore --------------------------------------------------------------------------------------

OUTSIDE = {
    ".env": "The secrets of your machine would be in the image, and everyone who has it, has them.",
    ".git/config": "The whole history would be in the image, with all that was ever in it.",
    ".venv/bin/python": (
        "Your virtual environment would be in the image: hundreds of megabytes, made for your "
        "machine. With COPY . . they are copied at every build."
    ),
    "__pycache__/main.cpython-314.pyc": "What Python has compiled on your machine is of no use there.",
    "shop.db": "The database of your machine would be in the image, with the data of your tests.",
}
INSIDE = ("main.py", "shop.py", "database.py", "requirements.txt")


@section("what-stays-outside")
@hints("One pattern a line: .env, .git, .venv, __pycache__, *.db")
def test_what_stays_outside(folder):
    """.dockerignore keeps secrets, the history and what is made again out of the image."""
    ignored = ignore.read(folder)
    for path, why in OUTSIDE.items():
        if path not in ignored:
            rule = ignored.deciding(path)
            raise Finding(
                f"{why}" if rule is None else f"This line takes it in again. {why}",
                rule.place if rule else None,
                f"{path} stays outside",
                f"{path} is copied",
            )


@section("what-stays-outside")
@needs("test_what_stays_outside")
@hints("A pattern such as *.txt or * takes more than it looks. A line with ! is an exception.")
def test_what_the_app_needs(folder):
    """.dockerignore leaves in what the app needs."""
    ignored = ignore.read(folder)
    for path in INSIDE:
        if path in ignored:
            rule = ignored.deciding(path)
            raise Finding(
                f"This pattern also fits {path}, which then is not there when the image is "
                "built, whatever COPY says.",
                rule.place if rule else None,
                f"{path} is copied",
                f"{path} stays outside",
            )


# compose.yaml ---------------------------------------------------------------------------------------


@terminal_only(PACKAGES)
@section("three-services")
@hints(
    "nginx and postgres have an image with a version, your app has build: .",
    "docker compose config says what is wrong with a file, where Docker is installed.",
)
def test_the_services(file, apps):
    """compose.yaml has an nginx, your app and a PostgreSQL, all with a version."""
    for what, service in (("nginx", file.nginx()), ("postgres", file.database())):
        if service is None:
            raise Finding(
                f"None of the services has the image {what}.",
                file.place("services"),
                f"a service with image: {what}:…",
                f"the services {', '.join(file.services)}",
            )
    for service in file.services.values():
        if service.builds is None:
            place = file.place("services", service.name, "image")
            look_at_the_version(compose.constant(service.image), place)


@terminal_only(PACKAGES)
@section("the-command")
@needs("test_the_command_is_a_list", "test_the_services")
@hints(
    "fastapi run is for servers, fastapi dev and --reload are for your own machine.",
    "In a container, 127.0.0.1 is the container itself: --host 0.0.0.0.",
)
def test_the_server_is_for_production(image, file, apps):
    """The container starts a server without reload, that other containers can reach."""
    for app in apps:
        server = compose.serves(app, image)
        own = app.words("command") is not None
        place = file.place("services", app.name, "command") if own else image_command(image).place
        environment = plan.environment(image, app)
        script = command.through_shell(compose.started(app, image))
        if script is not None and not command.replaces_the_shell(script):
            raise Finding(
                "A shell starts the server as its child. docker stop speaks to the shell, the "
                "server hears nothing, and after ten seconds it is killed.",
                place,
                "the server as the first word, or exec before it",
                shorter(place.source),
            )
        if server.develops:
            raise Finding(
                "This mode is for your own machine: it watches all files, starts again when one "
                "changes, and runs a second process for that.",
                place,
                "fastapi run, or uvicorn without --reload",
                shorter(place.source),
            )
        host = server.host(environment)
        if host in ("127.0.0.1", "localhost", "::1"):
            raise Finding(
                f"The server listens on {host}, which in a container is the container itself. "
                "nginx is in another one, and gets no connection.",
                place,
                "--host 0.0.0.0",
                f"--host {host}",
            )
        port = server.port(environment)
        if not port.isdigit():
            raise Finding(
                "Only a shell puts the value of a variable in, and here is none: the server "
                f"gets the text {port} as its port, and does not start.",
                place,
                "a number",
                f"--port {port}",
            )


def image_command(image):
    return image.image.last("CMD") or image.image.last("ENTRYPOINT")


@terminal_only(PACKAGES)
@section("a-health-check-that-can-run")
@needs("test_the_command_is_a_list", "test_the_services")
@hints(
    "A slim image has neither curl nor wget. It has Python.",
    'CMD ["python", "-c", "import urllib.request as r; r.urlopen(\'http://127.0.0.1:8000/health/ready\')"]',
)
def test_a_health_check(image, file, apps):
    """The app's container has a health check, with a program that is in the image."""
    for app in apps:
        check = health.of(app, file, image)
        if check is None:
            raise Finding(
                "Nobody asks the app how it is, so nginx and docker compose hold every container "
                "for healthy as soon as it runs.",
                image.image.place,
                "HEALTHCHECK in the Dockerfile, or healthcheck in compose.yaml",
                "neither",
            )
        for program in health.ASKING:
            words = check.asking(program)
            if words and not has_program(image.image, program):
                raise Finding(
                    f"There is no {program} in {image.image.root}. The check fails every time, "
                    "and the container is unhealthy although the app is well.",
                    check.place,
                    "python, or a program that the Dockerfile installs",
                    program,
                )
        words = check.asking("curl")
        if words and not any(re.fullmatch(r"--fail.*|-\w*f\w*", word) for word in words):
            raise Finding(
                "curl ends with 0 whatever the app says, also with a 503: so this check is "
                "content with every answer.",
                check.place,
                "curl --fail",
                shorter(check.text),
            )


@terminal_only(PACKAGES)
@section("three-services")
@needs("test_the_services")
@hints("deploy: and below it replicas: 2", "container_name can be there only for one container.")
def test_two_replicas(file, apps):
    """compose.yaml: two replicas of the app run."""
    for app in apps:
        if app.replicas > 1 and "container_name" in app.data:
            raise Finding(
                "Two containers cannot have the same name, so docker compose refuses to start "
                "the second one.",
                file.place("services", app.name, "container_name"),
                "no container_name where there are replicas",
                f"container_name: {app.data['container_name']}",
            )
    count = sum(app.replicas for app in apps)
    if count < 2:
        raise Finding(
            "With one container, the shop is closed whenever it stops: at every new version, and "
            "at every crash.",
            file.place("services", apps[0].name, "deploy"),
            "two replicas",
            f"{count} of {apps[0].name}",
        )


@terminal_only(PACKAGES)
@section("one-door")
@needs("test_the_services")
@hints("Only nginx has ports:. Inside their network, containers reach each other without.")
def test_one_door(file, apps):
    """compose.yaml: only nginx has a port for the outside."""
    proxy = file.nginx()
    for service in file.services.values():
        if service.data.get("network_mode") == "host":
            raise Finding(
                "With the network of the host, every port of this container is one of the machine.",
                file.place("services", service.name, "network_mode"),
                "a network of its own",
                "network_mode: host",
            )
        if service.name != proxy.name and service.data.get("ports"):
            whose = "Your app" if service.name in [app.name for app in apps] else "The database"
            what = (
                "can be reached past nginx. Who comes that way may say to be anyone, with a "
                "header X-Forwarded-For of their own."
                if whose == "Your app"
                else "can be reached by everyone who reaches the machine, and has one password."
            )
            raise Finding(
                f"{whose} {what}",
                file.place("services", service.name, "ports"),
                f"no ports for {named(service)}",
                f"ports: {service.data['ports']}",
            )
    if not proxy.ports:
        raise Finding(
            "nginx has no port for the outside, so nobody reaches the shop.",
            proxy.place,
            'ports: ["8080:80"]',
            "no ports",
        )


@terminal_only(PACKAGES)
@section("who-waits-for-whom")
@needs("test_the_services")
@hints(
    "depends_on: with a name, and below it condition: service_healthy",
    'PostgreSQL: test: ["CMD-SHELL", "pg_isready --username shop"]',
)
def test_who_waits_for_whom(file, apps):
    """compose.yaml: nginx waits until the app is healthy, and the app until the database is."""
    database = file.database()
    if database.test is None:
        raise Finding(
            "PostgreSQL takes some seconds before it answers, and nobody can wait for that: only "
            "a health check says when it is ready.",
            database.place,
            "a healthcheck with pg_isready",
            "no healthcheck",
        )
    pairs = [(file.nginx(), app) for app in apps] + [(app, database) for app in apps]
    for one, other in pairs:
        condition = one.waits_for.get(other.name, "nothing")
        if condition != "service_healthy":
            raise Finding(
                f"{one.name} is started when {other.name} is not ready yet, and fails with its "
                "first request."
                if condition == "nothing"
                else f"{one.name} waits until the container of {other.name} runs. That is long "
                "before what runs in it is ready.",
                file.place("services", one.name, "depends_on", other.name),
                f"{other.name}: condition: service_healthy",
                condition,
            )


@terminal_only(PACKAGES)
@section("what-comes-from-outside")
@needs("test_the_services")
@hints(
    "${SECRET_KEY:?} takes the value from the environment, and stops when there is none.",
    "DATABASE_URL: postgresql+asyncpg://shop:${POSTGRES_PASSWORD}@db/shop",
)
def test_secrets_come_from_outside(file, apps):
    """compose.yaml: secrets come from the environment, and none stands in the file."""
    for service in file.services.values():
        for name, value in service.environment.items():
            known = compose.constant(value or "")
            secret = (bool(known) and SECRET.search(name)) or CREDENTIALS.search(known)
            if secret:
                default = "${" in (value or "")
                raise Finding(
                    "When nobody has set it, this value is taken, which everyone knows. A secret "
                    "has no default: ${NAME:?} stops instead."
                    if default
                    else "The file is in the repository, so everyone who has that has the secret, "
                    "and each machine has the same one.",
                    file.place("services", service.name, "environment", name),
                    f"{name} from the environment, as ${{{name}:?}}",
                    f"{name}: {'${…:-…}' if default else '…'}",
                )
    for app in apps:
        if "SECRET_KEY" not in app.environment and not app.env_files:
            raise Finding(
                "Nothing gives SECRET_KEY to the container. It has no other environment than the "
                "one that stands here, so the app does not start.",
                file.place("services", app.name, "environment"),
                "SECRET_KEY under environment, or env_file",
                "neither",
            )


@terminal_only(PACKAGES)
@section("a-database-that-stays")
@needs("test_the_services")
@hints(
    "In a container, localhost is the container itself. Another one is reached by its service's name.",
    "postgresql+asyncpg://, because the app talks to it with asyncpg.",
)
def test_the_app_finds_its_database(file, apps):
    """compose.yaml: DATABASE_URL leads to the service of the database."""
    database = file.database()
    for app in apps:
        url = app.environment.get("DATABASE_URL")
        if url is None and ("DATABASE_URL" in app.environment or app.env_files):
            continue  # it comes from outside
        place = file.place("services", app.name, "environment", "DATABASE_URL")
        if not url:
            raise Finding(
                "Nothing gives DATABASE_URL to the container, so each replica has a SQLite file "
                "of its own, which is gone with it.",
                place,
                f"DATABASE_URL: postgresql+asyncpg://…@{database.name}/…",
                "no DATABASE_URL",
            )
        known = compose.interpolated(url, {"POSTGRES_PASSWORD": "x"})
        if not known:
            continue
        driver, _, rest = known.partition("://")
        host = rest.rpartition("@")[2].partition("/")[0].partition(":")[0]
        if host != database.name:
            raise Finding(
                f"In the container of {app.name}, {host} is not the database."
                if host not in ("localhost", "127.0.0.1")
                else f"{host} is the container of {app.name} itself, and there is no database in it.",
                place,
                f"@{database.name}",
                f"@{host}",
            )
        if driver != "postgresql+asyncpg":
            raise Finding(
                "The engine is asynchronous, and asyncpg is what requirements.txt brings for it. "
                f"{driver} means another driver, which is not there.",
                place,
                "postgresql+asyncpg://",
                f"{driver}://",
            )


@terminal_only(PACKAGES)
@section("a-database-that-stays")
@needs("test_the_services")
@hints(
    "volumes: and below it - orders:/var/lib/postgresql/data",
    "And orders: under the volumes of the file.",
)
def test_the_data_stays(file):
    """compose.yaml: what PostgreSQL writes is in a volume."""
    database = file.database()
    kept = [
        source for source, target in database.mounts if target.startswith("/var/lib/postgresql")
    ]
    if not any(kept):
        raise Finding(
            "What PostgreSQL writes is in its container, or in a volume without a name. With the "
            "next docker compose down, all orders are gone.",
            file.place("services", database.name, "volumes"),
            "a volume with a name for /var/lib/postgresql",
            "none",
        )


# nginx.conf -----------------------------------------------------------------------------------------


@terminal_only(PACKAGES)
@section("nginx-in-front")
@needs("test_the_services", "test_one_door")
@hints(
    "./nginx.conf:/etc/nginx/nginx.conf:ro, under volumes of nginx.",
    "ports has the host's port first, and then the one on which nginx listens.",
)
def test_nginx_gets_its_configuration(file, configuration):
    """compose.yaml: nginx gets your nginx.conf, and listens where its port leads."""
    proxy = file.nginx()
    mounts = [*proxy.mounts, *file.configs(proxy)]
    target = next((to for source, to in mounts if source.rpartition("/")[2] == nginx.NAME), None)
    if target is None:
        raise Finding(
            "Nothing brings nginx.conf into the container, so nginx shows its own welcome page.",
            proxy.place,
            "./nginx.conf:/etc/nginx/nginx.conf:ro under volumes",
            "no nginx.conf",
        )
    if not configuration.servers:
        raise Finding(
            "There is no block server in nginx.conf, so nginx listens nowhere.",
            expected="server { listen 80; … }",
            actual="no server",
        )
    part = target.startswith(("/etc/nginx/conf.d/", "/etc/nginx/templates/"))
    if configuration.whole == part:
        raise Finding(
            "What stands in conf.d is put into the block http of another file, and yours has "
            'events and http itself: "http" directive is not allowed here.'
            if part
            else "Your file begins with server or upstream, and these belong into the block "
            "http: nginx says that they are not allowed here.",
            file.place("services", proxy.name, "volumes"),
            "/etc/nginx/nginx.conf" if configuration.whole else "/etc/nginx/conf.d/default.conf",
            target,
        )
    port = proxy.ports[0][1]
    if not configuration.listening(port):
        ports = sorted({p for server in configuration.servers for p in nginx.ports(server)})
        raise Finding(
            f"compose.yaml leads to port {port} of the container, and nginx does not listen there.",
            file.place("services", proxy.name, "ports", "0"),
            f"listen {port};",
            f"listen {', '.join(map(str, ports)) or 'nowhere'}",
        )


@terminal_only(PACKAGES)
@section("nginx-in-front")
@needs("test_the_services", "test_the_server_is_for_production")
@hints(
    "upstream shop { server api:8000; }, and proxy_pass http://shop;",
    "The name of a service is the name of its containers, of all its replicas.",
)
def test_nginx_finds_the_app(configuration, file, image, apps):
    """nginx.conf sends requests to the app, by the name of its service."""
    targets = nginx.targets(configuration)
    if not targets:
        raise Finding(
            "There is no proxy_pass, so nginx looks for files and knows nothing of your app.",
            expected="proxy_pass http://…;",
            actual="no proxy_pass",
        )
    names = {app.name: app for app in apps}
    for target in targets:
        place = target.directive.place
        if "$" in target.host or "unix:" in target.host:
            raise Finding(
                "The checks follow only a name that stands there, in upstream or in proxy_pass.",
                place,
                f"the name of a service: {', '.join(names)}",
                target.host,
            )
        if target.host not in names:
            local = target.host in ("localhost", "127.0.0.1", "[::1]")
            raise Finding(
                f"In the container of nginx, {target.host} is that container itself. Your app "
                "runs in others."
                if local
                else "No service of the app has this name: host not found in upstream.",
                place,
                " or ".join(f"{name}:{port_of(app, image)}" for name, app in names.items()),
                target.host,
            )
        port = port_of(names[target.host], image)
        if (target.port or 80) != port:
            raise Finding(
                f"The server in the container listens on port {port}, and nginx asks at another.",
                place,
                f"{target.host}:{port}",
                f"{target.host}:{target.port or 80}",
            )


def port_of(app, image):
    server = compose.serves(app, image)
    return int(server.port(plan.environment(image, app)))


# Real processes -------------------------------------------------------------------------------------


class Shared:
    """The fleet of all checks that only look, and of those that end a part of it, at the end."""

    def __init__(self, session):
        self.session, self.stack, self.fleet = session, ExitStack(), None

    def get(self):
        from course.deployment.fleet import fleet

        if self.fleet and any(replica.ended for replica in self.fleet.replicas):
            self.close()
        if self.fleet is None:
            restore(self.session.folder, self.session.files)
            found = plan.read(self.session.folder)
            record = self.session.exchanges.append
            self.fleet = self.stack.enter_context(fleet(found, record))
        return self.fleet

    def close(self):
        self.fleet = None
        self.stack.close()


@pytest.fixture(scope="module")
def shared(request):
    found = Shared(session_of(request.config))
    with closing(found):
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


def wrong(message, expected, actual, place=None, kind="wrong-file"):
    return Finding(message, place, str(expected), str(actual), kind)


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
                None if unheard else proxy_place(fleet),
            )
        if found["scheme"] != scheme:
            raise wrong(
                f"A request by {scheme} came to nginx, and the app holds it for one by "
                f"{found['scheme']}. Its links and redirects lead to the wrong scheme.",
                f"scheme: {scheme}",
                f"scheme: {found['scheme']}",
                proxy_place(fleet),
            )
        host = found["url"].partition("://")[2].partition("/")[0].partition(":")[0]
        if host != HOST:
            raise wrong(
                f"The client asked {HOST}, and the app makes links to {host}, which nobody "
                "outside can open. Without Host, nginx sends the name of its upstream.",
                f"url: {scheme}://{HOST}/whoami",
                f"url: {found['url']}",
                proxy_place(fleet),
            )


def proxy_place(fleet):
    passes = fleet.plan.nginx.passes
    return passes[0].place if passes else None


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
            proxy_place(fleet),
        )
    if found["scheme"] != "http":
        raise wrong(
            "A client sent X-Forwarded-Proto: https by plain http, and the app believes it.",
            "scheme: http",
            f"scheme: {found['scheme']}",
            proxy_place(fleet),
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
            proxy_place(fleet),
            "wrong-status",
        )
    status = fleet.announce("PUT", "/products/1/picture", LARGE)
    if status != 413:
        raise wrong(
            "A picture of 2,100,000 bytes was announced, and nginx takes it. A client who sends "
            "without an end fills the disk, or the memory of the app.",
            "413",
            status,
            proxy_place(fleet),
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
    from course.deployment.fleet import free_port

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
    if check.run(port, free_port(), *there) == 0:
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
                proxy_place(fleet),
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
    with closing(upload(replica.port)) as line:
        line.sendall(b"x" * 500)
        replica.send(stop_signal(files))
        while replica.listens and not replica.ended:
            time.sleep(0.005)  # it has heard the signal when it takes no connections any more
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
            stop_place(files),
        )
    if replica.wait() is None:
        raise wrong(
            "The request is answered, and the server still runs five seconds after the signal. "
            "Docker waits for ten and kills it then.",
            "the process ends",
            "it runs",
            stop_place(files),
        )


def running(shared):
    return shared.fleet.replicas if shared.fleet else []


def upload(port):
    """A connection on which the app waits for the 1000 bytes of a picture."""
    from course.deployment.fleet import HOST, PROXY, REPLY

    line = socket.create_connection((PROXY, port), REPLY)
    line.sendall(
        f"PUT /products/1/picture HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 1000\r\n"
        "Expect: 100-continue\r\n\r\n".encode()
    )
    # The server says this when the app asks for the body: from now on it is in the request.
    said = line.recv(64)
    if b" 100 " not in said:
        raise wrong("PUT /products/1/picture did not ask for its body.", "100", said[:20])
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
    instruction = files.dockerfile.image.last("STOPSIGNAL")
    if "stop_signal" in files.app.data:
        return files.compose.place("services", files.app.name, "stop_signal")
    return instruction.place if instruction else files.command
