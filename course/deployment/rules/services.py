"""The services of a compose file: which there are, who reaches them, and who waits for whom."""

from __future__ import annotations

from course.deployment.compose import NAME, Compose, Service, started
from course.deployment.dockerfile import Dockerfile
from course.deployment.rules import healthcheck
from course.harness.finding import Finding
from course.harness.words import shorten

HEALTHY = "service_healthy"


def of_the_app(file: Compose, image: Dockerfile) -> list[Service]:
    """The services that run the learner's app: at least one. Raises Finding."""
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
        words = " ".join(started(service, image))
        raise Finding(
            f"{service.name} has your image, and this command starts no server in it: the first "
            "word must be a program. exec, && and A=1 are known to a shell only, and there is none.",
            file.place("services", service.name, "command"),
            "uvicorn main:app or fastapi run main.py, with options",
            shorten(words, 60) or "no command",
        )
    return found


def nginx(file: Compose) -> Service:
    """Raises Finding when there is none."""
    return _there(file.nginx(), "nginx", file)


def postgres(file: Compose) -> Service:
    """Raises Finding when there is none."""
    return _there(file.database(), "postgres", file)


def _there(service: Service | None, what: str, file: Compose) -> Service:
    if service is None:
        raise Finding(
            f"None of the services has the image {what}.",
            file.place("services"),
            f"a service with image: {what}:…",
            f"the services {', '.join(file.services)}",
        )
    return service


def are_replicated(file: Compose, apps: list[Service]) -> None:
    """Two replicas of the app run. Raises Finding."""
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
            "With one container, nobody gets an answer whenever it stops: at every new version, "
            "and at every crash.",
            file.place("services", apps[0].name, "deploy"),
            "two replicas",
            f"{count} of {apps[0].name}",
        )


def have_one_door(file: Compose, apps: list[Service]) -> None:
    """Only nginx can be reached from outside. Raises Finding."""
    proxy = nginx(file)
    for service in file.services.values():
        _has_its_own_network(service, file)
        if service.name != proxy.name and service.data.get("ports"):
            raise Finding(
                "Your app can be reached past nginx. Who comes that way may say to be anyone, "
                "with a header X-Forwarded-For of their own."
                if service in apps
                else "The database can be reached by everyone who reaches the machine, and has "
                "one password."
                if service is file.database()
                else f"{service.name} can be reached by everyone who reaches the machine.",
                file.place("services", service.name, "ports"),
                f"no ports for the service {service.name}",
                f"ports: {service.data['ports']}",
            )
    if not proxy.ports:
        raise Finding(
            "nginx has no port for the outside, so nobody reaches the app.",
            proxy.place,
            'ports: ["8080:80"]',
            "no ports",
        )


def _has_its_own_network(service: Service, file: Compose) -> None:
    if service.data.get("network_mode") == "host":
        raise Finding(
            "With the network of the host, every port of this container is one of the machine.",
            file.place("services", service.name, "network_mode"),
            "a network of its own",
            "network_mode: host",
        )


def run_the_image(file: Compose, apps: list[Service]) -> None:
    """The app runs as its image says: its user, and the files in it. Raises Finding."""
    for app in apps:
        if str(app.data.get("user", "")).partition(":")[0] in ("root", "0"):
            raise Finding(
                "This user counts, and not the one of the Dockerfile: the server is root in its "
                "container.",
                file.place("services", app.name, "user"),
                "no user here, or one that is not root",
                f"user: {app.data['user']}",
            )
        if any(source in (".", "./", "${PWD}") for source, _ in app.mounts):
            raise Finding(
                "Your folder lies over what the image has there, also with .env and .git. That is "
                "for your own machine: on a server, the image is all that there is.",
                file.place("services", app.name, "volumes"),
                "the files that COPY brought into the image",
                "the folder of compose.yaml",
            )


def name_what_the_file_has(file: Compose) -> None:
    """Each network and volume of a service stands also under those of the file. Raises Finding."""
    for service in file.services.values():
        volumes = [source for source, _ in service.mounts if NAME.fullmatch(source)]
        for kind, names in (("networks", service.networks - {"default"}), ("volumes", volumes)):
            for name in names:
                if name not in (file.data.get(kind) or {}):
                    raise Finding(
                        f"{service.name} has {name} among its {kind}, and the file itself does "
                        f"not: it refers to undefined {kind.removesuffix('s')} {name}, says docker "
                        "compose, and starts nothing.",
                        file.place("services", service.name, kind),
                        f"{kind}: at the end of the file, and {name}: below it",
                        f"no {name} there",
                    )


def share_a_network(file: Compose, one: Service, other: Service) -> None:
    """Raises Finding when one service cannot reach the other."""
    if not one.networks & other.networks:
        raise Finding(
            f"{one.name} and {other.name} have no network in common, so {one.name} does not find "
            "the name, and gets no connection.",
            file.place("services", one.name, "networks"),
            f"a network in which both are, {one.name} and {other.name}",
            f"{', '.join(sorted(one.networks))}, and {', '.join(sorted(other.networks))}",
        )


def wait_for_each_other(file: Compose, apps: list[Service]) -> None:
    """nginx waits until the app is healthy, and the app until the database is. Raises Finding."""
    database = postgres(file)
    if database.test is None:
        raise Finding(
            "PostgreSQL takes some seconds before it answers, and nobody can wait for that: only "
            "a health check says when it is ready.",
            database.place,
            "a healthcheck with pg_isready",
            "no healthcheck",
        )
    place = file.place("services", database.name, "healthcheck", "test")
    healthcheck.is_split_into_words(database.test, place)
    proxy = nginx(file)
    for one, other in [(proxy, app) for app in apps] + [(app, database) for app in apps]:
        condition = one.waits_for.get(other.name, "nothing")
        if condition != HEALTHY:
            raise Finding(
                f"{one.name} is started when {other.name} is not ready yet, and fails with its "
                "first request."
                if condition == "nothing"
                else f"{one.name} waits until the container of {other.name} runs. That is long "
                "before what runs in it is ready.",
                file.place("services", one.name, "depends_on", other.name),
                f"{other.name}: condition: {HEALTHY}",
                condition,
            )
