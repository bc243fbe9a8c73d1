"""An nginx configuration as what it means, and one like it that can run on this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.harness.finding import Finding
from course.harness.frames import Place

NAME = "nginx.conf"
ADDRESS = re.compile(r"(?:https?://)?(\[[^\]]*\]|[^:/]+)(?::(\d+))?(/.*)?")

Block = list["Directive"]


@dataclass
class Directive:
    """`name args…;`, or with a block of its own."""

    name: str
    args: list[str]
    line: int
    block: Block | None = None

    def all(self, name: str) -> Iterator[Directive]:
        """The directives of a name in its block, at any depth."""
        yield from every(self.block or [], name)

    @property
    def place(self) -> Place:
        return Place(NAME, self.line, " ".join([self.name, *self.args]))


@dataclass
class Configuration:
    """What stands in the block `http`. `whole` says whether the file has that block itself."""

    http: Block
    whole: bool

    @property
    def servers(self) -> list[Directive]:
        return [directive for directive in self.http if directive.name == "server"]

    @property
    def upstreams(self) -> dict[str, Directive]:
        return {d.args[0]: d for d in self.http if d.name == "upstream" and d.args}

    @property
    def passes(self) -> list[Directive]:
        return [found for server in self.servers for found in server.all("proxy_pass")]

    def listening(self, port: int) -> list[Directive]:
        """The servers that listen on a port of the container."""
        return [server for server in self.servers if port in ports(server)]


@dataclass(frozen=True)
class Target:
    """Where requests are sent: a host, and a port when one is named."""

    host: str
    port: int | None
    directive: Directive
    passes: bool
    """Whether proxy_pass itself names it."""


def read(folder: Path) -> Configuration:
    """Raises Finding when there is none, or when nginx could not read it."""
    import crossplane  # type: ignore[import-untyped]

    path = folder / NAME
    if not path.is_file():
        raise Finding(
            f"There is no {NAME} beside compose.yaml. It tells nginx where your app is.",
            expected=f"a file {NAME}",
            actual="no such file",
        )
    _every_line_ends(path)
    found = crossplane.parse(str(path), single=True, check_ctx=False, check_args=False)
    for error in found["errors"]:
        line = int(error.get("line") or 1)
        lines = path.read_text("utf-8", "replace").splitlines()
        text = str(error["error"]).partition(" in /")[0]
        raise Finding(
            f"nginx cannot read {NAME}: {text}. Every directive ends with a semicolon, and every "
            "block in braces.",
            Place(NAME, line, lines[line - 1].strip() if 0 < line <= len(lines) else ""),
            "directives and blocks",
            text,
        )
    top = _directives(found["config"][0]["parsed"])
    http = next((directive for directive in top if directive.name == "http"), None)
    if http is not None:
        return Configuration(http.block or [], whole=True)
    return Configuration(top, whole=any(d.name == "events" for d in top))


def _every_line_ends(path: Path) -> None:
    """Raises Finding where a directive begins, or a block ends, before the last one has ended."""
    import crossplane

    lines = path.read_text("utf-8", "replace").splitlines()
    before, begins = 0, True
    try:
        for token, line, quoted in crossplane.lex(str(path)):
            if token.startswith("#") and not quoted:
                continue  # a comment
            known = token == "}" or (line != before and token in crossplane.analyzer.DIRECTIVES)
            if not begins and not quoted and known:
                text = lines[before - 1].strip()
                raise Finding(
                    "A semicolon is missing at the end of this line, so nginx takes what follows "
                    "for a part of it.",
                    Place(NAME, before, text),
                    f"{text};",
                    text,
                )
            begins = token in ("{", "}", ";") and not quoted
            before = line
    except crossplane.errors.NgxParserSyntaxError:
        return  # the parser says it with more words


def _directives(parsed: list[dict[str, Any]]) -> Block:
    return [
        Directive(
            entry["directive"],
            [str(arg) for arg in entry["args"]],
            entry["line"],
            _directives(entry["block"]) if "block" in entry else None,
        )
        for entry in parsed
        if entry["directive"] != "#"
    ]


def every(block: Block, name: str) -> Iterator[Directive]:
    for directive in block:
        if directive.name == name:
            yield directive
        yield from every(directive.block or [], name)


def ports(server: Directive) -> list[int]:
    """The ports that a server listens on: 80 when it does not say."""
    listens = [d for d in server.block or [] if d.name == "listen" and d.args]
    found = [re.search(r"(?:^|:)(\d+)$", d.args[0]) for d in listens]
    numbers = [int(match[1]) if match else 80 for match in found]
    return numbers if listens else [80]


def targets(configuration: Configuration) -> list[Target]:
    """Where its requests go, upstreams resolved."""
    found = []
    for directive in configuration.passes:
        host, port = _address(directive.args[0] if directive.args else "")
        if (upstream := configuration.upstreams.get(host)) is not None:
            for server in upstream.block or []:
                if server.name == "server" and server.args:
                    found.append(Target(*_address(server.args[0]), server, False))
        else:
            found.append(Target(host, port, directive, True))
    return found


def _address(text: str) -> tuple[str, int | None]:
    if "unix:" in text:
        return text, None
    match = ADDRESS.fullmatch(text)
    return (match[1], int(match[2]) if match[2] else None) if match else (text, None)


GONE = ("access_log", "error_log", "include", "root", "pid", "http2", "user")
"""What names a file of the container, or is not known to every nginx."""


@dataclass(frozen=True)
class Here:
    """What a configuration needs to know of this machine."""

    folder: Path
    listen: str
    port: int
    tls: int
    certificate: Path
    published: int
    """The port of the container that the outside reaches."""


def rewritten(
    configuration: Configuration, replicas: dict[str, list[str]], here: Here
) -> tuple[str, list[int]]:
    """The same with other ports, paths and addresses; and for each of its lines the learner's.

    `replicas` are the addresses of each service of the app.
    """
    http: Block = []
    for directive in configuration.http:
        if directive.name == "server" and here.published in ports(directive):
            http.append(_server(directive, configuration, replicas, here))
        elif directive.name == "upstream":
            http.append(_upstream(directive, replicas))
        elif directive.name not in ("server", "events", "worker_processes"):
            http += _moved([directive], here)
    direct = {t.host for t in targets(configuration) if t.passes and t.host in replicas}
    http += [
        Directive("upstream", [host], 0, [Directive("server", [a], 0) for a in replicas[host]])
        for host in sorted(direct)
    ]
    own = [
        Directive("daemon", ["off"], 0),
        Directive("master_process", ["off"], 0),  # one process, which leaves no other behind
        Directive("pid", [str(here.folder / "nginx.pid")], 0),
        Directive("error_log", ["stderr", "error"], 0),
        Directive("events", [], 0, []),
        Directive("http", [], 0, [*_own(here), *http]),
    ]
    lines: list[tuple[str, int]] = list(_written(own, 0))
    return "".join(f"{text}\n" for text, _ in lines), [line for _, line in lines]


def _own(here: Here) -> Block:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return [
        Directive("access_log", ["off"], 0),
        *(Directive(f"{kind}_temp_path", [str(here.folder / kind)], 0) for kind in kinds),
    ]


def _server(
    server: Directive, configuration: Configuration, replicas: dict[str, list[str]], here: Here
) -> Directive:
    """One server, which also listens for HTTPS: so $scheme has two values."""
    default = any("default_server" in d.args for d in server.all("listen"))
    extra = ["default_server"] if default else []
    block = [
        Directive("listen", [f"{here.listen}:{here.port}", *extra], 0),
        Directive("listen", [f"{here.listen}:{here.tls}", "ssl", *extra], 0),
        Directive("ssl_certificate", [str(here.certificate)], 0),
        Directive("ssl_certificate_key", [str(here.certificate)], 0),
    ]
    kept = [d for d in server.block or [] if d.name not in ("listen", *_TLS)]
    block += _passed(_moved(kept, here), configuration, replicas)
    return Directive("server", [], server.line, block)


_TLS = ("ssl_certificate", "ssl_certificate_key", "ssl_dhparam", "ssl_trusted_certificate")


def _upstream(upstream: Directive, replicas: dict[str, list[str]]) -> Directive:
    """With the replicas of each service in the place of its name, as Docker's DNS has them."""
    block: Block = []
    for directive in upstream.block or []:
        if directive.name != "server" or not directive.args:
            block.append(directive)
            continue
        host, _ = _address(directive.args[0])
        options = [arg for arg in directive.args[1:] if arg != "resolve"]
        found = replicas.get(host, [])
        block += [Directive("server", [a, *options], directive.line) for a in found]
    return Directive("upstream", upstream.args, upstream.line, block)


def _moved(block: Block, here: Here) -> Block:
    """Without what names a path of the container."""
    found: Block = []
    for directive in block:
        name = directive.name
        if name in GONE or name.endswith("_temp_path"):
            continue
        args = directive.args
        if name.endswith("_cache_path"):
            args = [str(here.folder / "cache"), *args[1:]]
        inner = None if directive.block is None else _moved(directive.block, here)
        found.append(Directive(name, args, directive.line, inner))
    return found


def _passed(block: Block, configuration: Configuration, replicas: dict[str, list[str]]) -> Block:
    """With each proxy_pass to a service going to the upstream that we have made of it."""
    found: Block = []
    for directive in block:
        args = directive.args
        if directive.name == "proxy_pass" and args:
            host, port = _address(args[0])
            if host in replicas and host not in configuration.upstreams and port is not None:
                args = [args[0].replace(f"{host}:{port}", host, 1)]
        inner = None
        if directive.block is not None:
            inner = _passed(directive.block, configuration, replicas)
        found.append(Directive(directive.name, args, directive.line, inner))
    return found


def _written(block: Block, depth: int) -> Iterator[tuple[str, int]]:
    margin = "    " * depth
    for directive in block:
        args = " ".join(_quoted(arg) for arg in directive.args)
        if directive.name == "if":
            args = f"({args})"
        head = f"{margin}{_quoted(directive.name)} {args}".rstrip()
        if directive.block is None:
            yield f"{head};", directive.line
            continue
        yield f"{head} {{", directive.line
        yield from _written(directive.block, depth + 1)
        yield f"{margin}}}", directive.line


def _quoted(arg: str) -> str:
    """As it was read: what holds a space, a brace or a semicolon stood in quotes."""
    plain = arg and not re.search(r"[\s;'\"]", arg) and not re.search(r"(?<!\$)\{|^\}", arg)
    return arg if plain else json.dumps(arg, ensure_ascii=False)
