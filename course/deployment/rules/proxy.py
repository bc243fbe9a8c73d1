"""nginx before the app: whether it gets its configuration, and finds the app by it."""

from __future__ import annotations

from course.deployment.compose import HTTP, Compose, Service
from course.deployment.dockerfile import Dockerfile
from course.deployment.nginx import NAME, Configuration, Target, ports, targets
from course.deployment.rules import server, services
from course.harness.finding import Finding

WHOLE = "/etc/nginx/nginx.conf"
PARTS = ("/etc/nginx/conf.d/", "/etc/nginx/templates/")
ITSELF = ("localhost", "127.0.0.1", "[::1]")


def gets_its_configuration(file: Compose, configuration: Configuration) -> None:
    """nginx.conf is where nginx reads it, and says to listen where a port leads. Raises Finding."""
    proxy = services.nginx(file)
    mounts = [*proxy.mounts, *file.configs(proxy)]
    target = next((to for source, to in mounts if source.rpartition("/")[2] == NAME), None)
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
    part = target.startswith(PARTS)
    if configuration.whole == part:
        raise Finding(
            "What stands in conf.d is put into the block http of another file, and yours has "
            'events and http itself: "http" directive is not allowed here.'
            if part
            else "Your file begins with server or upstream, and these belong into the block "
            "http: nginx says that they are not allowed here.",
            file.place("services", proxy.name, "volumes"),
            WHOLE if configuration.whole else f"{PARTS[0]}default.conf",
            target,
        )
    _is_read(file, proxy, configuration, target)
    _listens(file, proxy, configuration)


def finds_the_app(
    file: Compose, configuration: Configuration, image: Dockerfile, apps: list[Service]
) -> None:
    """Requests go to the app, by the name and the port of its service. Raises Finding."""
    found = targets(configuration)
    if not found:
        raise Finding(
            "There is no proxy_pass, so nginx looks for files and knows nothing of your app.",
            expected="proxy_pass http://…;",
            actual="no proxy_pass",
        )
    for app in apps:
        services.share_a_network(file, services.nginx(file), app)
    known = {app.name: server.port(app, image) for app in apps}
    for target in found:
        _leads_to_the_app(target, known)


def _is_read(file: Compose, proxy: Service, configuration: Configuration, target: str) -> None:
    read = {
        WHOLE: configuration.whole,
        PARTS[0]: target.endswith(".conf"),
        PARTS[1]: target.endswith(".template"),
    }
    if not any(target.startswith(place) and fits for place, fits in read.items()):
        raise Finding(
            f"nginx does not read a file at this place. It reads {WHOLE} and, of the folder conf.d "
            "beside it, the files that end with .conf.",
            file.place("services", proxy.name, "volumes"),
            WHOLE if configuration.whole else f"{PARTS[0]}default.conf",
            target,
        )


def _listens(file: Compose, proxy: Service, configuration: Configuration) -> None:
    port = file.published
    if not configuration.listening(port):
        numbers = sorted({p for block in configuration.servers for p in ports(block)})
        raise Finding(
            f"compose.yaml leads to port {port} of the container, and nginx does not listen there.",
            file.place("services", proxy.name, "ports", "0"),
            f"listen {port};",
            f"listen {', '.join(map(str, numbers)) or 'nowhere'}",
        )


def _leads_to_the_app(target: Target, known: dict[str, int]) -> None:
    """`known` are the ports of the app's services, by their names."""
    place = target.directive.place
    if "$" in target.host or "unix:" in target.host:
        raise Finding(
            "The checks follow only a name that stands there, in upstream or in proxy_pass.",
            place,
            f"the name of a service: {', '.join(known)}",
            target.host,
        )
    if target.host not in known:
        raise Finding(
            f"In the container of nginx, {target.host} is that container itself. Your app "
            "runs in others."
            if target.host in ITSELF
            else "No service of the app has this name: host not found in upstream.",
            place,
            " or ".join(f"{name}:{port}" for name, port in known.items()),
            target.host,
        )
    asked, port = target.port or HTTP, known[target.host]
    if asked != port:
        raise Finding(
            f"The server in the container listens on port {port}, and nginx asks at another.",
            place,
            f"{target.host}:{port}",
            f"{target.host}:{asked}",
        )
