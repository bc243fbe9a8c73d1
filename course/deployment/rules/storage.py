"""The database of the app: where it is found, and where its data is kept."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote

from course.deployment.compose import Compose, Service, constant, interpolated
from course.deployment.rules import services
from course.harness.finding import Finding
from course.harness.frames import Place

DRIVER = "postgresql+asyncpg"
DATA = "/var/lib/postgresql"
MODERN = 18  # from this version on, the image writes below DATA itself
SCRIPTS = "/docker-entrypoint-initdb.d"
PORT = "5432"  # where PostgreSQL listens, unless it is told otherwise
SETS_PORT = re.compile(r"(?:^|\s)-p\s*(\S+)|(?:^|\s|--|-c)port=(\S+)")


def is_found(file: Compose, apps: list[Service]) -> None:
    """DATABASE_URL of the app leads to the service of the database. Raises Finding."""
    database = services.postgres(file)
    _can_start(file, database)
    for app in apps:
        services.share_a_network(file, app, database)
        url = app.environment.get("DATABASE_URL")
        if url is None and ("DATABASE_URL" in app.environment or app.env_files):
            continue  # it comes from outside
        place = file.place("services", app.name, "environment", "DATABASE_URL")
        if not url:
            raise Finding(
                "Nothing gives DATABASE_URL to the container, so each replica has a SQLite file "
                "of its own, which is gone with it.",
                place,
                f"DATABASE_URL: {DRIVER}://…@{database.name}/…",
                "no DATABASE_URL",
            )
        if known := interpolated(url, {"POSTGRES_PASSWORD": "x"}):
            _leads_to(database, known, app, place)
            _has_the_account(file, database, url)
            _has_the_password(database, app, url, place)


def _leads_to(database: Service, url: str, app: Service, place: Place) -> None:
    driver, _, rest = url.partition("://")
    host, colon, port = rest.rpartition("@")[2].partition("/")[0].partition(":")
    if host != database.name:
        raise Finding(
            f"In the container of {app.name}, {host} is not the database."
            if host not in ("localhost", "127.0.0.1")
            else f"{host} is the container of {app.name} itself, and there is no database in it.",
            place,
            f"@{database.name}",
            f"@{host}",
        )
    if driver != DRIVER:
        raise Finding(
            "The engine is asynchronous, and asyncpg is what requirements.txt brings for it. "
            f"{driver} means another driver, which is not there.",
            place,
            f"{DRIVER}://",
            f"{driver}://",
        )
    own, port = _listens_at(database), port if colon else PORT
    if own.isdigit() and port.isdigit() and port != own:  # else it comes from outside
        raise Finding(
            f"In its container PostgreSQL listens at {own}, and nobody at {port}. That is where "
            "other containers reach it. What stands under ports is for those outside.",
            place,
            f"@{host}:{own}",
            f"@{host}:{port}",
        )


def _listens_at(database: Service) -> str:
    """The port of PostgreSQL in its container, "" when it is not known from this file."""
    words, files = _words(database), _words_and_files(database)
    if database.env_files or any("config_file=" in f or f.endswith(".conf") for f in files):
        return ""
    if told := SETS_PORT.search(" ".join(words)):
        return constant(told[1] or told[2])
    return constant(database.environment.get("PGPORT", PORT) or "")


def _words(database: Service) -> list[str]:
    """What the compose file lets its container start."""
    return [word for name in ("entrypoint", "command") for word in database.words(name) or []]


def _words_and_files(database: Service) -> list[str]:
    """All that may say how PostgreSQL is set up: also what is mounted."""
    return [*_words(database), *(target for _, target in database.mounts)]


def _can_start(file: Compose, database: Service) -> None:
    """PostgreSQL is given a password, or told that it needs none. Raises Finding."""
    made = database.environment
    ways = ("POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE")
    given = any(made.get(name, "") != "" for name in ways)  # None is passed on from outside
    if not given and not database.env_files and not _trusts(database):
        raise Finding(
            "Without a password for its first user, PostgreSQL does not start.",
            file.place("services", database.name, "environment"),
            "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?} under environment",
            "no POSTGRES_PASSWORD",
        )


def _trusts(database: Service) -> bool:
    """Whether it asks nobody for a password."""
    return database.environment.get("POSTGRES_HOST_AUTH_METHOD") == "trust"


class _Named(dict[str, str]):
    """Every variable has its own name as its value."""

    def get(self, name: str, default: object = "") -> str:
        return name


WAYS: tuple[dict[str, str], ...] = (_Named(), {})
"""With all variables set, and with none: one of the two must fit."""


def _has_the_account(file: Compose, database: Service, url: str) -> None:
    """The user and the database of an address are those that PostgreSQL makes at its first start."""
    place = file.place("services", database.name, "environment")
    made = database.environment
    if database.env_files:
        return
    pairs = [(_asked(url, values), _made(made, values)) for values in WAYS]
    if _makes_others(database) or any(asked == there for asked, there in pairs):
        return
    (user, name), (own, shelf) = pairs[0]
    raise Finding(
        f"The app asks for the database {name} as the user {user}. PostgreSQL makes {shelf} and "
        f"{own}: those are POSTGRES_DB and POSTGRES_USER.",
        place,
        f"POSTGRES_USER: {user} and POSTGRES_DB: {name}",
        f"{own} and {shelf}",
    )


def _makes_others(database: Service) -> bool:
    """Whether its accounts come from elsewhere: from a file, from outside, or from a script."""
    names = ("POSTGRES_USER", "POSTGRES_DB")
    made = database.environment
    return any(made.get(name, "") is None or f"{name}_FILE" in made for name in names) or any(
        SCRIPTS in target for _, target in database.mounts
    )


def _asked(url: str, values: dict[str, str]) -> tuple[str, str]:
    """The user and the database of an address."""
    rest = interpolated(url, values).partition("://")[2]
    account, _, place = rest.rpartition("@")
    return unquote(account.partition(":")[0]), place.partition("/")[2].partition("?")[0]


def _has_the_password(database: Service, app: Service, url: str, place: Place) -> None:
    """The app has the password that PostgreSQL gives to its first user."""
    own = database.environment.get("POSTGRES_PASSWORD")
    elsewhere = database.env_files or _makes_others(database) or own is None
    if elsewhere or _trusts(database) or any("hba" in f for f in _words_and_files(database)):
        return
    pairs = [(_password(url, app, values), interpolated(own or "", values)) for values in WAYS]
    if any(asked is None or (asked and asked == there) for asked, there in pairs):
        return
    asked, there = (_variable(*texts) for texts in zip(*pairs, strict=True))
    raise Finding(
        "The first user of PostgreSQL has the password of POSTGRES_PASSWORD, and the app comes "
        f"{'with another' if pairs[0][0] else 'without'} one. PostgreSQL refuses it.",
        place,
        there or "the password of POSTGRES_PASSWORD",
        asked or ("another text" if pairs[0][0] else "no password"),
    )


def _variable(named: str | None, unset: str | None) -> str:
    """What a text is that has one variable and nothing else, "" for all others."""
    return f"${{{named}}}" if named != unset and re.fullmatch(r"\w+", named or "") else ""


def _password(url: str, app: Service, values: dict[str, str]) -> str | None:
    """The one with which the app comes, as SQLAlchemy and asyncpg find it. None: from outside."""
    rest, _, query = interpolated(url, values).partition("://")[2].partition("?")
    account = rest.rpartition("@")[0]
    found = [*parse_qs(query).get("password", []), unquote(account.partition(":")[2])]
    if any(found):
        return next(filter(None, found))
    if app.env_files or "PGPASSFILE" in app.environment:
        return None
    other = app.environment.get("PGPASSWORD", "")
    return None if other is None else interpolated(other, values)


def _made(environment: dict[str, str | None], values: dict[str, str]) -> tuple[str, str]:
    """The user and the database that PostgreSQL makes."""
    texts = (environment.get(name) or "" for name in ("POSTGRES_USER", "POSTGRES_DB"))
    user, name = (interpolated(text, values) for text in texts)
    return user or "postgres", name or user or "postgres"


def is_kept(file: Compose) -> None:
    """What PostgreSQL writes is in a volume. Raises Finding."""
    database = services.postgres(file)
    tag = re.search(r":(\d+)", constant(database.image))
    modern = tag is not None and int(tag[1]) >= MODERN
    own = DATA if modern else f"{DATA}/data"
    default = f"{own}/{tag[1]}/docker" if tag is not None and modern else own
    written = database.environment.get("PGDATA") or default
    # The image has a volume of its own there. The innermost one around the data counts.
    around = {own: "", **{target.rstrip("/"): source for source, target in database.mounts}}
    kept = [to for to in around if f"{written}/".startswith(f"{to}/")]
    stays = bool(around[max(kept, key=len, default=own)])
    if not stays and any(source and to.startswith(DATA) for to, source in around.items()):
        raise Finding(
            f"{database.image} writes to {written}, and your volume is elsewhere. The data is in a "
            "volume without a name then, or PostgreSQL does not start.",
            file.place("services", database.name, "volumes"),
            f"a volume with a name for {own}",
            ", ".join(target for _, target in database.mounts),
        )
    if not stays:
        raise Finding(
            "What PostgreSQL writes is in its container, or in a volume without a name. With the "
            "next docker compose down, all of it is gone.",
            file.place("services", database.name, "volumes"),
            f"a volume with a name for {DATA}",
            "none",
        )
