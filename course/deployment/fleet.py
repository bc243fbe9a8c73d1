"""Replicas of a learner's app behind a real nginx, on the loopback, for as long as a check needs.

Every process is a child of this one and in its process group, everything that is written stands in
one temporary folder, and each wait has an end: nothing is left behind, whatever happens.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from course import processes
from course.deployment.nginx import NAME as NGINX
from course.deployment.nginx import Here, rewritten
from course.deployment.plan import Plan
from course.harness.client import Recorded, readable
from course.harness.finding import Finding, wrong
from course.harness.frames import Place
from course.harness.programs import find_program
from course.harness.report import Exchange, as_curl
from course.harness.words import shorten
from course.ports import LOOPBACK, reserved

PROXY = LOOPBACK  # from where nginx speaks to the app
PATIENCE = 15.0  # seconds for a program to start: less than such a check may take
REPLY = 3.0  # seconds for an answer
STOP = 5.0  # seconds for a program to end that was asked to; Docker waits for 10
SAID = 140  # characters of what a program says that are shown
LOOK = 0.01  # seconds between two looks
CERTIFICATE = Path(__file__).with_name("localhost.pem")
ATTEMPTS = 3  # somebody else may take a free port first
HOST = "corner.shop"
KEPT = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "HOME",
    "TMPDIR",
    "PYTHONHASHSEED",
    "PYTHONUTF8",
)
OURS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "WEB_CONCURRENCY", "PORT", "FORWARDED_ALLOW_IPS")
"""What an image sets for itself, and would be wrong, or too much, on this machine."""

Record = Callable[[Recorded], object]


@dataclass
class Program:
    """A process of the fleet, with what it has said."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    place: Place | None = None

    @property
    def said(self) -> str:
        """Its last line."""
        lines = [
            line for line in self.log.read_text("utf-8", "replace").splitlines() if line.strip()
        ]
        return lines[-1].strip() if lines else "nothing"

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def send(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def kill(self) -> None:
        """As a machine that loses its power: this process and all that it has started."""
        for pid in [self.process.pid, *processes.family(self.process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(STOP)

    def wait(self, seconds: float = STOP) -> int | None:
        """The status with which it has ended, None when it has not."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.returncode


@dataclass
class Replica(Program):
    """One container of the app, without the container."""

    instance: str = ""
    port: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(REPLY)
            return probe.connect_ex((PROXY, self.port)) == 0

    def stop(self, plan: Plan) -> None:
        """As docker stop does, until it is heard: then no connection is taken any more.

        Raises Finding when it is not heard.
        """
        self.send(plan.stop_signal)
        deadline = time.monotonic() + STOP
        while self.listens and not self.ended:
            if time.monotonic() > deadline:
                name = signal.Signals(plan.stop_signal).name
                raise wrong(
                    f"docker stop sends {name}, and the server goes on as if nothing had happened. "
                    "After ten seconds Docker kills it in the middle of its requests.",
                    "the server takes no more connections, and ends",
                    f"nothing happens after {name}",
                    plan.stopped_by,
                )
            time.sleep(LOOK)

    def put(
        self, path: str, length: int, headers: dict[str, str] | None = None, seconds: float = REPLY
    ) -> socket.socket:
        """A connection on which the app waits for the body of a PUT, so many bytes of it.

        Raises Finding when it does not ask for them.
        """
        told = {"Host": HOST, "Content-Length": str(length), "Expect": "100-continue"}
        told |= headers or {}
        lines = [f"PUT {path} HTTP/1.1", *(f"{name}: {text}" for name, text in told.items())]
        line = socket.create_connection((PROXY, self.port), seconds)
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        # The server says this when the app asks for the body: from now on it is in the request.
        said = line.recv(64)
        if b" 100 " not in said:
            line.close()
            raise wrong(f"PUT {path} did not ask for its body.", "100", said[:20])
        return line


@dataclass
class Fleet:
    """The replicas, and what stands before them. `http` and `https` are nginx's ports."""

    plan: Plan
    home: Path
    record: Record
    database: str = ""
    replicas: list[Replica] = field(default_factory=list)
    nginx: Program | None = None
    listen: str = PROXY
    http: int = 0
    https: int = 0
    trusted: str | None = None
    stack: ExitStack = field(default_factory=ExitStack)
    spare: Replica | None = None

    def start_spare(self) -> None:
        """Start what takes the place of the first replica one day, and wait for nothing."""
        self.spare = _replica(self, 0)

    def settle(self) -> None:
        """Wait until the spare replica is there, before something that would hinder its start."""
        if self.spare:
            self.spare = _ready(self, self.spare, 0)

    def complete(self) -> None:
        """Replace the replicas that have ended, and let nginx begin anew with all of them.

        Raises Finding when one does not start.
        """
        for number, replica in enumerate(self.replicas):
            if replica.ended:
                started = None if number else self._take_spare()
                self.replicas[number] = _ready(self, started or _replica(self, number), number)
        if self.nginx:
            _end(self.nginx)  # it would ask nobody for a while where it got no answer
            self.nginx = _proxy(self, [replica.port for replica in self.replicas])

    def _take_spare(self) -> Replica | None:
        spare, self.spare = self.spare, None
        return spare if spare and not spare.ended else None

    def ask(
        self,
        method: str,
        path: str,
        *,
        source: str = "",
        scheme: str = "http",
        replica: Replica | None = None,
        **options: Any,
    ) -> httpx.Response:
        """One request on a connection of its own: to nginx, or past it to one replica.

        `source` is the address that it comes from. When there is no answer, the status is 0.
        """
        port = replica.port if replica else self.https if scheme == "https" else self.http
        host = PROXY if replica else self.listen
        headers = {"host": HOST, **options.pop("headers", {})}
        transport = httpx.HTTPTransport(local_address=source or self.client, verify=False)
        sent = _described(self.plan, method, path, scheme, headers)
        recorded = Recorded(sent)
        self.record(recorded)
        with httpx.Client(transport=transport, timeout=REPLY, trust_env=False) as client:
            try:
                url = f"{scheme}://{host}:{port}{path}"
                response = client.request(method, url, headers=headers, **options)
            except httpx.HTTPError as error:
                sent.response = f"no answer: {error}"
                return httpx.Response(0, text=str(error))
        sent.status, sent.response = response.status_code, readable(response.content)
        response.extensions["recorded"] = recorded
        return response

    def announce(self, method: str, path: str, length: int) -> int:
        """What nginx says to a request that announces so many bytes: 100 when it wants them.

        Refused, it answers before a single one is sent.
        """
        headers = {"content-length": str(length)}
        sent = _described(self.plan, method, path, "http", headers)
        self.record(Recorded(sent))
        lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {length}"]
        lines += ["Expect: 100-continue", "Connection: close", "", ""]
        with socket.create_connection((self.listen.strip("[]"), self.http), REPLY) as line:
            line.sendall("\r\n".join(lines).encode())
            sent.status = int(line.recv(64).split()[1])
        return sent.status

    @property
    def client(self) -> str:
        """The address of whoever asks, which is not that of nginx."""
        return "127.0.0.2" if self.listen == PROXY else "::1"

    @property
    def clients(self) -> list[str]:
        """More addresses of that kind, in other networks."""
        return [f"127.{n}.0.2" for n in range(1, 17)] if self.listen == PROXY else []

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """The SQLite database is gone, and comes back."""
        database, aside = self.home / "database", self.home / "aside"
        database.rename(aside)
        try:
            yield
        finally:
            aside.rename(database)


@contextmanager
def fleet(
    plan: Plan,
    record: Record = lambda recorded: None,
    count: int = 2,
    proxy: bool = True,
    trusted: str | None = None,
    database: str = "",
) -> Iterator[Fleet]:
    """So many replicas, all of them ready, and nginx before them.

    `trusted` is whom they believe, without it whom the learner has named; `database` the address
    of one, without it a SQLite file of their own. Raises Finding when something does not start.
    """
    with ExitStack() as stack:
        found = _empty(plan, record, stack)
        (found.home / "database").mkdir()
        own = f"sqlite+aiosqlite:///{found.home / 'database' / 'shop.db'}"
        found.database, found.trusted = database or own, trusted
        for number in range(count):
            found.replicas.append(_replica(found, number))
        for number, replica in enumerate(found.replicas):
            found.replicas[number] = _ready(found, replica, number)
        if proxy:
            found.nginx = _proxy(found, [replica.port for replica in found.replicas])
        yield found


@contextmanager
def nginx_before(
    ports: list[int], plan: Plan, record: Record = lambda recorded: None
) -> Iterator[Fleet]:
    """nginx alone, before servers of somebody else's on these ports.

    Raises Finding when it does not start.
    """
    with ExitStack() as stack:
        found = _empty(plan, record, stack)
        found.nginx = _proxy(found, ports)
        yield found


def _empty(plan: Plan, record: Record, stack: ExitStack) -> Fleet:
    home = Path(tempfile.mkdtemp(prefix="fleet-")).resolve()
    stack.callback(shutil.rmtree, home, ignore_errors=True)
    found = Fleet(plan, home, record, stack=stack)
    if not _can_bind(found.client):
        found.listen = "[::1]"
    return found


def _replica(fleet: Fleet, number: int) -> Replica:
    plan, instance = fleet.plan.of(number), f"replica-{number + 1}"
    port = fleet.stack.enter_context(reserved())
    trusted = plan.trusted(PROXY) if fleet.trusted is None else fleet.trusted
    words = plan.server.at(PROXY, port, trusted, plan.dockerfile.image.workdir)
    environment = {
        **_own_environment(),
        **{n: v for n, v in plan.environment.items() if n not in (*KEPT, *OURS)},
        "SECRET_KEY": os.environ["SECRET_KEY"],
        "DATABASE_URL": fleet.database,
        "INSTANCE": instance,
    }
    environment = {n: v for n, v in environment.items() if not n.startswith("UVICORN_")}
    log = fleet.home / f"{instance}-{port}.log"
    process = _start([sys.executable, *words], environment, plan.folder, log)
    replica = Replica("The server", process, log, plan.command, instance, port, environment)
    fleet.stack.callback(_end, replica)
    return replica


def _ready(fleet: Fleet, replica: Replica, number: int) -> Replica:
    """The replica, or another one when somebody else had its port. Raises Finding."""
    for attempt in range(ATTEMPTS):
        deadline = time.monotonic() + PATIENCE
        while not replica.ended and time.monotonic() < deadline:
            if replica.listens:
                return replica
            time.sleep(LOOK)
        if "in use" not in replica.said or attempt == ATTEMPTS - 1:
            break
        replica = _replica(fleet, number)
    how = f"it ended with status {replica.wait(0)}" if replica.ended else "nobody listens"
    raise Finding(
        f"The command of your image was started and did not become a server. It said last: "
        f"{shorten(replica.said, SAID)}",
        replica.place,
        "a server that answers",
        how,
        "startup-failed",
    )


def _proxy(fleet: Fleet, ports: list[int]) -> Program:
    """nginx with the learner's configuration, before servers on these ports.

    Raises Finding when it does not start.
    """
    program = find_program("nginx")
    assert program is not None, "the check says that it needs nginx"
    user = _unprivileged(fleet.home)
    addresses = _addresses(fleet.plan, ports)
    for _ in range(ATTEMPTS):
        fleet.http, fleet.https = (fleet.stack.enter_context(reserved()) for _ in range(2))
        here = Here(
            fleet.home,
            fleet.listen,
            fleet.http,
            fleet.https,
            fleet.home / CERTIFICATE.name,
            fleet.plan.compose.published,
        )
        shutil.copyfile(CERTIFICATE, here.certificate)
        text, lines = rewritten(fleet.plan.nginx, addresses, here)
        (fleet.home / NGINX).write_text(text, "utf-8")
        words = [program, "-p", str(fleet.home), "-c", str(fleet.home / NGINX), "-e", "stderr"]
        log = fleet.home / f"nginx-{fleet.http}.log"
        process = _start(words, _own_environment(), fleet.home, log, user)
        nginx = Program("nginx", process, log)
        fleet.stack.callback(_end, nginx)
        deadline = time.monotonic() + PATIENCE
        while not nginx.ended and time.monotonic() < deadline:
            if _accepts(fleet.listen.strip("[]"), fleet.http):
                return nginx
            time.sleep(LOOK)
        if "in use" not in nginx.said:
            break
    raise _refused(fleet.plan, nginx, lines)


def _refused(plan: Plan, nginx: Program, lines: list[int]) -> Finding:
    """What nginx says of a configuration, at the learner's line."""
    said = nginx.log.read_text("utf-8", "replace")
    found = re.search(r"\[emerg\] (?:\d+#\d+: )?(.*?)(?: in \S+?:(\d+))?$", said, re.MULTILINE)
    text = found[1] if found else nginx.said
    line = lines[int(found[2]) - 1] if found and found[2] else 0
    source = (plan.folder / NGINX).read_text("utf-8", "replace").splitlines()
    hint = ""
    if "unknown directive" in text:
        hint = " It may be misspelled, or newer than the nginx of this machine."
    return Finding(
        f"nginx does not start with this configuration: {shorten(text, SAID)}.{hint}",
        Place(NGINX, line, source[line - 1].strip()) if line else None,
        "nginx starts",
        shorten(text, SAID),
    )


def _addresses(plan: Plan, ports: list[int]) -> dict[str, list[str]]:
    """Each service of the app with the addresses of its replicas, as Docker's DNS would answer."""
    all_of_them = [f"{PROXY}:{port}" for port in ports]
    names = [service.name for service in plan.apps]
    if len(names) == 1:
        return {names[0]: all_of_them}
    return {name: all_of_them[n :: len(names)] for n, name in enumerate(names)}


def _start(
    words: list[str], environment: dict[str, str], cwd: Path, log: Path, user: str | None = None
) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            cwd=cwd,
            user=user,
            preexec_fn=processes.ends_with_us(signal.SIGKILL),
        )


def _own_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in KEPT if name in os.environ}


def _end(program: Program) -> None:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        program.kill()


def _unprivileged(home: Path) -> str | None:
    """Who runs nginx: ourselves, or nobody when we are root."""
    if os.geteuid() != 0:
        return None
    try:
        shutil.chown(home, "nobody")
        home.chmod(0o755)
        if home.parent.name.startswith("course-"):
            home.parent.chmod(0o711)  # to go through, not to look
        reachable = all(folder.stat().st_mode & stat.S_IXOTH for folder in home.parents)
    except (LookupError, OSError):
        return None
    return "nobody" if reachable else None


def _can_bind(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
        return True


def _accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), REPLY).close()
    except OSError:
        return False
    return True


def _described(
    plan: Plan, method: str, path: str, scheme: str, headers: dict[str, str]
) -> Exchange:
    shown = {name: value for name, value in headers.items() if name.lower() != "host"}
    address = plan.compose.address.replace("http", scheme, 1)
    return Exchange(
        method=method,
        url=path,
        headers=shown,
        curl=as_curl(method, address + path, shown, None),
    )
