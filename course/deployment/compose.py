"""A compose file as what it means: its services, and which of them are the learner's app."""

from __future__ import annotations

import difflib
import importlib.util
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from course.deployment import command, shell
from course.deployment.command import Server
from course.deployment.dockerfile import NAME as DOCKERFILE
from course.deployment.dockerfile import Dockerfile, expand
from course.harness.finding import Finding
from course.harness.frames import Place
from course.harness.words import shorten

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
HTTP = 80
NAME = re.compile(r"\w[\w.-]*")  # of a volume; all else is a path
FIRST = ("CMD", "CMD-SHELL", "NONE")
SCHEMA = "builtin_schemas/vendor/compose-spec.json"
VARIABLE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)(?:(:?[-?+])([^}]*))?\})")

Data = dict[str, Any]


@dataclass
class Service:
    """One service. `data` is what stands under its name."""

    name: str
    data: Data
    place: Place

    @property
    def image(self) -> str:
        return str(self.data.get("image", ""))

    @property
    def builds(self) -> str | None:
        """The folder and Dockerfile that it is built from, as `./Dockerfile`; None without."""
        build = self.data.get("build")
        if isinstance(build, str):
            return f"{_folder(build)}{DOCKERFILE}"
        if isinstance(build, dict):
            folder = _folder(str(build.get("context", ".")))
            return f"{folder}{str(build.get('dockerfile', DOCKERFILE)).removeprefix('./')}"
        return None

    @property
    def replicas(self) -> int:
        deploy = self.data.get("deploy") or {}
        number = constant(str(deploy.get("replicas", self.data.get("scale", 1))))
        return int(number) if number.isdigit() else 1

    @property
    def environment(self) -> dict[str, str | None]:
        """Names and values as they stand there; None for one that is only passed on."""
        found = self.data.get("environment") or {}
        if isinstance(found, list):
            pairs = (str(entry).partition("=") for entry in found)
            return {name: text if sign else None for name, sign, text in pairs}
        return {name: None if v is None else _text(v) for name, v in found.items()}

    @property
    def env_files(self) -> list[str]:
        found = self.data.get("env_file") or []
        entries = found if isinstance(found, list) else [found]
        return [str(e.get("path", "") if isinstance(e, dict) else e) for e in entries]

    @property
    def ports(self) -> list[tuple[int | None, int]]:
        """Host's port and container's, of each one that the outside can reach."""
        return [pair for entry in self.data.get("ports") or [] for pair in _ports(entry)]

    @property
    def waits_for(self) -> dict[str, str]:
        """Each service that it depends on, with the condition."""
        found = self.data.get("depends_on") or {}
        if isinstance(found, list):
            return dict.fromkeys(map(str, found), "service_started")
        return {
            name: str((how or {}).get("condition", "service_started"))
            for name, how in found.items()
        }

    @property
    def test(self) -> list[str] | str | None:
        """The command of its health check: words, or a line for a shell; None without one."""
        check = self.data.get("healthcheck") or {}
        test = check.get("test")
        if check.get("disable") or test is None:
            return None
        if isinstance(test, str):
            return test
        words = [str(word) for word in test]
        if words[:1] == ["CMD-SHELL"]:
            return " ".join(words[1:])
        return words[1:] if words[:1] == ["CMD"] else None

    @property
    def mounts(self) -> list[tuple[str, str]]:
        """Source and target of each volume, bind mount and config."""
        found = []
        for entry in self.data.get("volumes") or []:
            if isinstance(entry, dict):
                source = str(entry.get("source", ""))
                if entry.get("type") == "bind" and NAME.fullmatch(source):
                    source = f"./{source}"  # a folder, although it looks like a volume's name
                found.append((source, str(entry.get("target", ""))))
            else:
                source, _, rest = str(entry).partition(":")
                found.append((source, rest.partition(":")[0]) if rest else ("", source))
        return found

    @property
    def networks(self) -> set[str]:
        """The names of those that it is in."""
        return set(self.data.get("networks") or ["default"])

    def words(self, name: str) -> list[str] | None:
        """`command` or `entrypoint`, None when the image's own is kept."""
        found = self.data.get(name)
        if found is None:
            return None
        if isinstance(found, str):
            return shell.words(found)
        return [str(word) for word in found]


@dataclass
class Compose:
    """The whole file. `lines` gives the line of each key, as `("services", "api", "ports")`."""

    name: str
    data: Data
    lines: dict[tuple[str, ...], int]
    source: list[str]

    @cached_property
    def services(self) -> dict[str, Service]:
        found = self.data.get("services") or {}
        return {
            name: Service(name, data or {}, self.place("services", name))
            for name, data in found.items()
        }

    def place(self, *keys: str) -> Place:
        """The line of a key, or of the nearest one above it that the file has."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        line = self.lines.get(keys, 1)
        return Place(self.name, line, self.source[line - 1].strip() if self.source else "")

    @cached_property
    def own(self) -> list[Service]:
        """The services whose image is made by the learner's Dockerfile."""
        built = [s for s in self.services.values() if s.builds == DOCKERFILE]
        images = {service.image for service in built if service.image}
        same = [s for s in self.services.values() if s.builds is None and s.image in images]
        return [*built, *same]

    def apps(self, dockerfile: Dockerfile) -> list[Service]:
        """Those of them that run a server."""
        return [service for service in self.own if serves(service, dockerfile) is not None]

    def nginx(self) -> Service | None:
        return self._of("nginx")

    @property
    def address(self) -> str:
        """Where nginx is reached from outside."""
        service = self.nginx()
        host = service.ports[0][0] if service and service.ports else None
        return f"http://127.0.0.1:{host or HTTP}"

    @property
    def published(self) -> int:
        """The port of nginx's container that the outside reaches."""
        service = self.nginx()
        return service.ports[0][1] if service and service.ports else HTTP

    def command(self, service: Service, dockerfile: Dockerfile) -> Place:
        """The line that says what a service starts."""
        for word in ("command", "entrypoint"):
            if service.data.get(word) is not None:
                return self.place("services", service.name, word)
        found = dockerfile.image.last("CMD") or dockerfile.image.last("ENTRYPOINT")
        return found.place if found else dockerfile.image.place

    def database(self) -> Service | None:
        return self._of("postgres")

    def _of(self, image: str) -> Service | None:
        for service in self.services.values():
            if image in service.image.rpartition("/")[2].partition(":")[0]:
                return service
        return None

    def configs(self, service: Service) -> list[tuple[str, str]]:
        """Source file and target of each of its configs."""
        named = self.data.get("configs") or {}
        found = []
        for entry in service.data.get("configs") or []:
            name = str(entry.get("source", "") if isinstance(entry, dict) else entry)
            target = str(entry.get("target", "")) if isinstance(entry, dict) else f"/{name}"
            file = str((named.get(name) or {}).get("file", ""))
            found.append((file, target))
        return found

    def subnets(self, service: Service) -> list[str]:
        """The addresses that the networks of a service have, as far as the file fixes them."""
        networks = self.data.get("networks") or {}
        joined = service.data.get("networks") or ["default"]
        names = list(joined) if isinstance(joined, list | dict) else []
        found = []
        for name in names:
            ipam = (networks.get(name) or {}).get("ipam") or {}
            found += [str(c["subnet"]) for c in ipam.get("config") or [] if "subnet" in c]
        return found

    def fixed_address(self, service: Service) -> str | None:
        """The fixed address of a service, None when it has none."""
        joined = service.data.get("networks")
        for network in joined.values() if isinstance(joined, dict) else ():
            if network and "ipv4_address" in network:
                return str(network["ipv4_address"])
        return None


def serves(service: Service, dockerfile: Dockerfile) -> Server | None:
    """The server that a service starts; None when it does something else."""
    words = started(service, dockerfile)
    if (script := command.through_shell(words)) is not None:
        parts = shell.commands(expand(script, dockerfile.image.environment))
        parts = [part[1:] if part[0] == "exec" else part for part in parts]
        words = next((part for part in parts if command.server(part)), [])
    return command.server(words)


def started(service: Service, dockerfile: Dockerfile) -> list[str]:
    """The words that a container of a service begins with."""
    entrypoint, own = service.words("entrypoint"), service.words("command")
    stage = dockerfile.image
    if entrypoint is None:
        entrypoint = stage.started_by("ENTRYPOINT")
        own = stage.started_by("CMD") if own is None else own
    return [*entrypoint, *(own or [])]


def find(folder: Path) -> Path | None:
    """The compose file of a folder, the one that Docker would take."""
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)


def read(folder: Path) -> Compose:
    """Raises Finding when there is none, or when it is no YAML."""
    import yaml

    path = find(folder)
    if path is None:
        raise Finding(
            f"There is no {NAMES[0]} beside the Dockerfile. docker compose reads it.",
            expected=f"a file {NAMES[0]}",
            actual="no such file",
        )
    text = path.read_text("utf-8", "replace")
    try:
        data = yaml.safe_load(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        source = text.splitlines()
        place = Place(path.name, line, source[line - 1].strip() if line <= len(source) else "")
        raise Finding(
            f"{path.name} is no YAML from this line on: {error.problem or 'it cannot be read'}. "
            "What belongs together is indented by the same number of spaces, never with a tab.",
            place,
            "YAML",
            error.problem or "something else",
        ) from None
    lines = dict(_lines(node, ()))
    return Compose(path.name, data if isinstance(data, dict) else {}, lines, text.splitlines())


def _lines(node: Any, path: tuple[str, ...]) -> Any:
    import yaml

    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            yield here, key.start_mark.line + 1
            yield from _lines(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            here = (*path, str(number))
            yield here, value.start_mark.line + 1
            yield from _lines(value, here)


def fits_its_schema(compose: Compose) -> None:
    """Raises Finding for the first thing that docker compose would not take."""
    known = str(compose.data)
    if known not in _fitting:
        _look_at_all(compose)
        _look_at_the_tests(compose)
        _fitting.add(known)


def _look_at_the_tests(compose: Compose) -> None:
    """The schema takes any list of texts, and docker compose does not."""
    for service in compose.services.values():
        test = (service.data.get("healthcheck") or {}).get("test")
        if isinstance(test, list) and str(test[0] if test else "") not in FIRST:
            raise Finding(
                "docker compose does not take this list: its first word says how the others are "
                "started. CMD means a program with its arguments, CMD-SHELL a line for a shell.",
                compose.place("services", service.name, "healthcheck", "test"),
                f"a list that begins with {', '.join(FIRST)}",
                f"{test[0] if test else 'an empty list'}",
            )


_fitting: set[str] = set()
"""What is known to fit: the schema is large, and many checks ask."""


def _look_at_all(compose: Compose) -> None:
    import jsonschema  # type: ignore[import-untyped]

    spec = importlib.util.find_spec("check_jsonschema")
    assert spec is not None
    assert spec.origin is not None
    schema = json.loads((Path(spec.origin).parent / SCHEMA).read_text("utf-8"))
    plain = json.loads(json.dumps(compose.data, default=str))
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(plain))
    if not errors:
        return
    # A key counts as unknown also when what stands below it is wrong: that says more.
    known = [
        e for e in errors if e.validator not in ("unevaluatedProperties", "additionalProperties")
    ]
    error = jsonschema.exceptions.best_match(known or errors)
    keys = [str(key) for key in error.absolute_path]
    at = ".".join(keys) or "the file"
    unknown = re.search(r"'([^']+)' (?:was|were) unexpected", error.message)
    if unknown and not known:
        near = difflib.get_close_matches(unknown[1], _names(schema), 1)
        raise Finding(
            f"docker compose knows no {unknown[1]} in {at}, and takes nothing of this file. "
            "Is it misspelled, or indented too much or too little?",
            compose.place(*keys, unknown[1]),
            near[0] if near else "a key that it knows",
            unknown[1],
        )
    why = shorten(_in_words(error), 120)
    raise Finding(
        f"docker compose would not take {at}: {why}.",
        compose.place(*keys),
        "what the format of compose files allows",
        why,
    )


KINDS = {
    "object": "a block of keys",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def _in_words(error: Any) -> str:
    """What the schema says, without the words of Python and JSON for the kinds of values."""
    if error.validator != "type":
        return str(error.message)
    wanted = error.validator_value
    kinds = [KINDS.get(kind, kind) for kind in ([wanted] if isinstance(wanted, str) else wanted)]
    stands = "nothing stands" if error.instance is None else f"{error.instance!r} stands"
    return f"{stands} there, and {' or '.join(kinds)} belongs there"


def _names(schema: Any) -> list[str]:
    """Every key that stands anywhere in the format."""
    found: list[str] = []
    if isinstance(schema, dict):
        found += schema.get("properties", {})
        for value in schema.values():
            found += _names(value)
    return found


def interpolated(text: str, values: dict[str, str]) -> str:
    """With the values of its variables, as docker compose puts them in."""

    def value(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        name, operator, rest = match[2] or match[3], match[4] or "", match[5] or ""
        found = values.get(name, "")
        if operator.endswith("-"):
            return found or rest
        return rest if operator.endswith("+") and found else found

    return VARIABLE.sub(value, text)


def constant(text: str) -> str:
    """What a value is without any variable being set: "" for one that comes from outside."""
    return interpolated(text, {})


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _folder(context: str) -> str:
    cleaned = context.removeprefix("./").strip("/")
    return "" if cleaned in ("", ".") else f"{cleaned}/"


def _ports(entry: object) -> list[tuple[int | None, int]]:
    if isinstance(entry, dict):
        published = str(entry.get("published", ""))
        return [(_number(published), int(entry["target"]))] if "target" in entry else []
    text = constant(str(entry)).partition("/")[0]
    *before, target = text.split(":")
    host = before[-1] if before else ""
    number = _number(target)
    return [(_number(host), number)] if number is not None else []


def _number(text: str) -> int | None:
    first = text.partition("-")[0]
    return int(first) if first.isdigit() else None
