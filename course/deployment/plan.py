"""The learner's files together: what would run, and how."""

from __future__ import annotations

import ipaddress
import signal
from dataclasses import dataclass, replace
from pathlib import Path

from course.deployment import compose, dockerfile, nginx
from course.deployment.command import Server
from course.deployment.compose import Compose, Service, interpolated, serves
from course.deployment.dockerfile import Dockerfile
from course.deployment.nginx import Configuration
from course.harness.frames import Place

POOLS = [ipaddress.ip_network("172.16.0.0/12")]
"""Where Docker takes the addresses of a network whose subnet is not fixed."""

NOBODY = "192.0.2.1"  # RFC 5737: an address that nobody has
EVERYBODY = "0.0.0.0/0,::/0"


@dataclass
class Plan:
    """What the files say, once each of them has been found right by itself."""

    folder: Path
    dockerfile: Dockerfile
    compose: Compose
    nginx: Configuration
    app: Service
    apps: list[Service]
    server: Server

    def of(self, number: int) -> Plan:
        """That of one replica: several services of the app take turns."""
        app = self.apps[number % len(self.apps)]
        server = serves(app, self.dockerfile)
        assert server is not None, "without one, a service is no app"
        return replace(self, app=app, server=server)

    @property
    def environment(self) -> dict[str, str]:
        """What the image and the compose file set, without what only Docker's host knows."""
        return environment(self.dockerfile, self.app)

    @property
    def command(self) -> Place:
        """The line that says what is started."""
        return self.compose.command(self.app, self.dockerfile)

    @property
    def proxy_pass(self) -> Place | None:
        """The first line that sends requests on to the app."""
        passes = self.nginx.passes
        return passes[0].place if passes else None

    @property
    def stop_signal(self) -> int:
        """What docker stop sends to a container of the app."""
        name = str(self.app.data.get("stop_signal", ""))
        if not name and (instruction := self.dockerfile.image.last("STOPSIGNAL")):
            name = instruction.value.strip()
        if name.isdigit():
            return int(name)
        number: int = getattr(signal, f"SIG{name.upper().removeprefix('SIG')}", signal.SIGTERM)
        return number

    @property
    def stopped_by(self) -> Place:
        """The line that says with which signal, or else what is started."""
        if "stop_signal" in self.app.data:
            return self.compose.place("services", self.app.name, "stop_signal")
        instruction = self.dockerfile.image.last("STOPSIGNAL")
        return instruction.place if instruction else self.command

    def trusted(self, proxy: str) -> str:
        """Whom the server believes, with nginx's address here in the place of that in Docker."""
        named = self.server.trusts(self.environment).strip()
        if named == "*":
            return named
        entries = [entry.strip() for entry in named.split(",")]
        if any(_is_everybody(entry) for entry in entries):
            return EVERYBODY
        return proxy if any(map(self._covers, entries)) else NOBODY

    def _covers(self, entry: str) -> bool:
        """Whether an entry holds the address that nginx has in Docker."""
        try:
            network = ipaddress.ip_network(entry)
        except ValueError:
            return False  # a name, which uvicorn does not look up
        service = self.compose.nginx()
        assert service is not None
        if address := self.compose.fixed_address(service):
            host = _network(address)
            return host is not None and host.network_address in network
        fixed = [_network(text) for text in self.compose.subnets(service)]
        own = fixed or POOLS
        return any(
            isinstance(network, ipaddress.IPv4Network)
            and isinstance(subnet, ipaddress.IPv4Network)
            and subnet.subnet_of(network)
            for subnet in own
        )


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        return None  # Docker refuses it


def _is_everybody(entry: str) -> bool:
    """Whether a network also holds those who come from the internet."""
    try:
        network = ipaddress.ip_network(entry)
    except ValueError:
        return False
    return not network.is_private and network.prefixlen < 8


def environment(image: Dockerfile, app: Service) -> dict[str, str]:
    set_there = {name: text or "" for name, text in app.environment.items()}
    return {
        **image.image.environment,
        **{name: interpolated(text, {}) for name, text in set_there.items()},
    }


def read(folder: Path) -> Plan:
    """Raises Finding for a file that cannot be read."""
    image, file = dockerfile.read(folder), compose.read(folder)
    apps = file.apps(image)
    assert apps, "checked before"
    server = serves(apps[0], image)
    assert server is not None
    return Plan(folder, image, file, nginx.read(folder), apps[0], apps, server)
