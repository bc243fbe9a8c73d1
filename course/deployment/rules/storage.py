"""The database of the app: where it is found, and where its data is kept."""

from __future__ import annotations

import re

from course.deployment.compose import Compose, Service, constant, interpolated
from course.deployment.rules import services
from course.harness.finding import Finding
from course.harness.frames import Place

DRIVER = "postgresql+asyncpg"
DATA = "/var/lib/postgresql"
MODERN = 18  # from this version on, the image writes below DATA itself
SCRIPTS = "/docker-entrypoint-initdb.d"


def is_found(file: Compose, apps: list[Service]) -> None:
    """DATABASE_URL of the app leads to the service of the database. Raises Finding."""
    database = services.postgres(file)
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


def _leads_to(database: Service, url: str, app: Service, place: Place) -> None:
    driver, _, rest = url.partition("://")
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
    if driver != DRIVER:
        raise Finding(
            "The engine is asynchronous, and asyncpg is what requirements.txt brings for it. "
            f"{driver} means another driver, which is not there.",
            place,
            f"{DRIVER}://",
            f"{driver}://",
        )


class _Named(dict[str, str]):
    """Every variable has its own name as its value."""

    def get(self, name: str, default: object = "") -> str:
        return name


def _has_the_account(file: Compose, database: Service, url: str) -> None:
    """The user and the database of an address are those that PostgreSQL makes at its first start."""
    place = file.place("services", database.name, "environment")
    made = database.environment
    if database.env_files:
        return
    trusts = made.get("POSTGRES_HOST_AUTH_METHOD") == "trust"
    if not {"POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE"} & made.keys() and not trusts:
        raise Finding(
            "Without a password for its first user, PostgreSQL does not start.",
            place,
            "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?} under environment",
            "no POSTGRES_PASSWORD",
        )
    # With all variables set, and with none: one of the two must fit.
    ways: list[dict[str, str]] = [_Named(), {}]
    pairs = [(_asked(url, values), _made(made, values)) for values in ways]
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
    return account.partition(":")[0], place.partition("/")[2].partition("?")[0]


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
