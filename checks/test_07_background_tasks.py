import importlib
import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import pytest

from course.harness import hints, needs, section, terminal_only

WELCOME = "Welcome to the Corner Shop"
LONGEST_PAUSE = 0.3  # seconds: less than that could be a busy machine
WORDS = "amber birch cedar dune ember fern grove heath iris juniper kelp linden moss".split()


class Mail(NamedTuple):
    to: str
    subject: str
    body: str


class Records(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record)

    def lines(self, logger: str = "", level: int = 0) -> list[str]:
        """The messages of one logger, from one level up."""
        return [
            record.getMessage()
            for record in self.kept
            if record.name == (logger or record.name) and record.levelno >= level
        ]

    @property
    def worst(self) -> str:
        """The highest level of what is logged, but for the audit log."""
        levels = [record.levelno for record in self.kept if record.name != "shop.audit"]
        return logging.getLevelName(min(max(levels), logging.ERROR)) if levels else "nothing"


@dataclass
class Shop:
    """The learner's app with the lesson's post, log and sessions under watch.

    Look at what was sent and written when `with shop.open() as api:` is left: by then the app has
    stopped, and has done whatever it is going to do.
    """

    start: Any
    store: ModuleType
    log: Records = field(default_factory=Records)
    sent: list[Mail] = field(default_factory=list)
    tried: list[Mail] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    held: list[list[str]] = field(default_factory=list)
    """The sessions that were open, for each mail and each report."""
    known: dict[int, str] = field(default_factory=dict)
    """The status that each report had in the store while it, or a later one, was made."""
    fails: dict[str, list[Exception]] = field(default_factory=dict)
    """What "mail", "report" and "commit" raise the next times, instead of doing their work."""
    answered: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def open(self) -> Iterator[httpx.Client]:
        before = set(threading.enumerate())
        with (
            self.start() as api,
            api.at("http.request", self.answered.clear),
            api.at("http.response.start", self.answered.set),
        ):
            self.events = self.store.log = api.timeline
            for kept in (self.log.kept, self.sent, self.tried, self.held):
                kept.clear()
            yield api
        # Python waits for these at its end, too.
        for thread in set(threading.enumerate()) - before:
            if not thread.daemon:
                thread.join(1)

    def do(self, event: str) -> None:
        """Note what the app does now. Its own threads get the time to let the response go first."""
        if event != "commit" and threading.current_thread() is not threading.main_thread():
            self.answered.wait(0.3)
        self.events.append(event)
        if event != "commit":
            self.held.append(self.open_sessions)
        if self.fails.get(event):
            raise self.fails[event].pop(0)

    @property
    def open_sessions(self) -> list[str]:
        opened = [e.removeprefix("open ") for e in self.events if e.startswith("open ")]
        return [number for number in opened if f"close {number}" not in self.events]

    def order(self, *names: str) -> list[str]:
        """These events, each the first time it happened, as they followed one another."""
        first = ["response" if e == "http.response.start" else e for e in self.events]
        return [event for event in dict.fromkeys(first) if event in names]

    def has(self, *names: str) -> list[str]:
        """Users with these names, put into the store: their ids."""
        with self.store.Session() as session:
            new = [self.store.NewUser(**person(name)) for name in names]
            ids = [session.add_user(one).id for one in new]
            session.commit()
        return ids


@pytest.fixture
def shop(request, monkeypatch, loop_probe):
    """The shop, with its app imported and not started."""
    monkeypatch.delenv("SMTP_HOST", raising=False)
    start = request.getfixturevalue("start")
    store, mailer = (importlib.import_module(name) for name in ("store", "mailer"))
    shop = Shop(start, store)

    def send(self, to, subject, body):
        shop.tried.append(Mail(to, subject, body))
        shop.do("mail")
        shop.sent.append(Mail(to, subject, body))

    def add_up_sales(self):
        shop.events.append(f"report of {self.id}")
        for report_id, report in store._reports.items():
            shop.known.setdefault(report_id, report.status)
        shop.do("report")
        return add_up(self)

    def commit(self):
        shop.do("commit")
        commit_all(self)

    add_up, commit_all = store.Session.add_up_sales, store.Session.commit
    monkeypatch.setattr(store, "SECONDS", 0)
    monkeypatch.setattr(mailer.Mailer, "send", loop_probe.watch(send))
    monkeypatch.setattr(store.Session, "add_up_sales", loop_probe.watch(add_up_sales))
    monkeypatch.setattr(store.Session, "commit", commit)
    for name in ("shop", "shop.audit"):
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
    logging.getLogger().addHandler(shop.log)
    yield shop
    logging.getLogger().removeHandler(shop.log)


def person(name: str) -> dict[str, str]:
    return {"name": name, "email": f"{name.lower()}@example.com", "password": f"{name}-secret"}


@pytest.fixture
def names(rng):
    """Three names that no other run has."""
    return [f"{word.capitalize()}{rng.randint(1000, 9999)}" for word in rng.sample(WORDS, 3)]


@pytest.fixture
def request_id(rng):
    return str(UUID(int=rng.getrandbits(128), version=4))


@pytest.fixture
def order(shop, rng):
    """The body of an order by a user who is in the store: Oswin."""
    return {
        "user_id": shop.has("Oswin")[0],
        "product_id": 1,
        "quantity": rng.randint(1, 3),
        "note": " ".join(rng.sample(WORDS, 4)),
        "card_token": f"tok_{rng.getrandbits(40):010x}",
    }


@pytest.fixture
def both(order, names):
    """What sends mails: the path, and a body that is accepted."""
    return [("/users", person(names[0])), ("/orders", order)]


def counted(things: list[Any], noun: str) -> str:
    """`1 mail`, `no mails`."""
    return f"{len(things) or 'no'} {noun}{'' if len(things) == 1 else 's'}"


def numbers(*lines: str) -> list[str]:
    return re.findall(r"\d+", " ".join(lines))


def why_not_one(shop: Shop, path: str) -> str:
    if shop.sent:
        return (
            f"One POST {path} has sent {len(shop.sent)} mails, and somebody reads the same thing "
            "twice. Is there a second place that sends one, such as a dependency?"
        )
    return (
        f"POST {path} was answered with 201, and nobody ever got the mail. FastAPI runs only the "
        "BackgroundTasks that it gave to the function, or that the response carries. What "
        "asyncio.create_task() began ends with the app; a coroutine without await never begins."
    )


@section("a-task-for-after-the-response")
@hints(
    "A parameter with the type BackgroundTasks is filled in by FastAPI.",
    "tasks.add_task(function, argument, …) notes what to call. The function comes without "
    "parentheses: with them it would be called at once.",
    'tasks.add_task(mailer.send, user.email, "Welcome to the Corner Shop", f"Hello {user.name}")',
)
def test_a_new_user_gets_a_welcome_mail(shop, names):
    """POST /users sends one welcome mail."""
    for name in names:
        new = person(name)
        with shop.open() as api:
            response = api.post("/users", json=new)
            assert response.status_code == 201
            user_id = response.json()["id"]
            assert response.json() == {"id": user_id, "name": name, "email": new["email"]}
        assert counted(shop.sent, "mail") == "1 mail", why_not_one(shop, "/users")
        (mail,) = shop.sent
        assert mail.to == new["email"], "The welcome mail went to another address than the user's."
        assert mail.subject == WELCOME, "The welcome mail has another subject than the page says."
        assert name in mail.body, f"The body of the welcome mail does not name {name}."


@section("a-task-for-after-the-response")
@hints(
    "The same as for a user: BackgroundTasks, and add_task() after the commit.",
    'The subject is f"Your order {order.id}"; product.name and new.note go into the body.',
)
def test_an_order_is_confirmed(shop, order, names):
    """POST /orders sends one confirmation to whoever has ordered."""
    users = dict(zip(names, shop.has(*names), strict=True))
    products = {1: "Enamel mug", 2: "Cast-iron pan", 4: "Desk lamp"}
    for name, product_id in zip(reversed(names), products, strict=True):
        # All pans that there are: the last one may be sold, too.
        quantity = 6 if product_id == 2 else 1
        new = order | {"user_id": users[name], "product_id": product_id, "quantity": quantity}
        with shop.open() as api:
            response = api.post("/orders", json=new)
            assert response.status_code == 201
            expected = {key: new[key] for key in ("user_id", "product_id", "quantity")}
            expected["id"] = response.json()["id"]
            expected["total_cents"] = {1: 1250, 2: 4900, 4: 3500}[product_id] * quantity
            assert response.json() == expected
        assert counted(shop.sent, "mail") == "1 mail", why_not_one(shop, "/orders")
        (mail,) = shop.sent
        assert mail.to == person(name)["email"], (
            f"{name} has ordered, and the confirmation went to somebody else."
        )
        assert mail.subject == f"Your order {expected['id']}", (
            "The confirmation has another subject than the page says."
        )
        for text in (products[product_id], new["note"]):
            assert text in mail.body, (
                f'The body of the confirmation does not say "{text}": the page asks for the name '
                "of the product, and the note as it was sent."
            )


@section("a-task-for-after-the-response")
@needs("test_a_new_user_gets_a_welcome_mail", "test_an_order_is_confirmed")
@hints(
    "Which line of yours calls send()? While that runs, nothing else of your function does.",
    "Do not call send() yourself: give it to add_task(), and it is called after the response.",
)
def test_a_mail_leaves_after_the_response(shop, both):
    """A mail is sent after the response has left, not before."""
    for path, new in both:
        with shop.open() as api:
            response = api.post(path, json=new)
            assert response.status_code == 201
        happened = ", then ".join(shop.order("response", "mail"))
        assert happened == "response, then mail", (
            "The mail was sent before the response left: when the mail server takes ten seconds, "
            f"the client of POST {path} waits ten seconds."
        )


@section("after-the-commit")
@needs("test_a_new_user_gets_a_welcome_mail", "test_an_order_is_confirmed")
@hints(
    "Only what was accepted gets a mail: first all the questions, then the commit, then the task.",
    "raise HTTPException drops the tasks that were added; returning a response runs them.",
)
def test_a_refusal_sends_nothing(shop, order, names):
    """What is refused (404, 409, 422) sends no mail and leaves no audit line."""
    shop.has(names[0])
    taken, another = person(names[0]), person(names[1])
    refused = [
        ("/users", taken, 409),
        ("/users", another | {"email": "nobody"}, 422),
        ("/users", another | {"password": "short"}, 422),
        ("/orders", order | {"product_id": 5}, 409),
        ("/orders", order | {"product_id": 2, "quantity": 7}, 409),
        ("/orders", order | {"user_id": 99}, 404),
        ("/orders", order | {"product_id": 3}, 404),
        ("/orders", order | {"quantity": 0}, 422),
    ]
    for path, new, status in refused:
        with shop.open() as api:
            response = api.post(path, json=new)
            assert response.status_code == status
        assert counted(shop.tried, "mail") == "no mails", (
            f"POST {path} was answered with {status}, and sent a mail all the same: it tells "
            "somebody of a thing that has not happened."
        )
        assert counted(shop.log.lines("shop.audit"), "line") == "no lines", (
            f"POST {path} was answered with {status}, and wrote an audit line all the same: the "
            "log tells of an order that there is not."
        )


@section("after-the-commit")
@needs("test_a_new_user_gets_a_welcome_mail", "test_an_order_is_confirmed")
@hints(
    "Before session.commit() has returned, there is no user and no order.",
    "When a dependency commits after its yield, it must do so before the response leaves: "
    'Depends(…, scope="function").',
)
def test_the_commit_comes_first(shop, both):
    """First the commit, then the response, then the mail; without the commit, neither."""
    for path, new in both:
        with shop.open() as api:
            response = api.post(path, json=new)
            assert response.status_code == 201
        happened = shop.order("commit", "response", "mail")
        assert happened[:1] == ["commit"], (
            f"The first of the three after POST {path} was the {happened[0]}, and not the commit. "
            "When the commit fails afterwards, the client has been told of a thing that is not "
            "in the database."
        )
    for path, new in both:
        shop.fails["commit"] = [RuntimeError("The database did not take it")] * 9
        with shop.open() as api:
            response = api.post(path, json=new | {"email": "someone@example.com"})
        assert response.status_code >= 500, (
            f"The commit of POST {path} failed, and the client was told that all is well."
        )
        assert counted(shop.tried, "mail") == "no mails", (
            f"The mail of POST {path} was sent, the commit failed, and the answer was an error: "
            "the mail tells of a thing that is not in the database."
        )
        assert counted(shop.log.lines("shop.audit"), "line") == "no lines", (
            f"The audit line of POST {path} was written, the commit failed, and the answer was an "
            "error: the log tells of an order that there is not."
        )


@section("def-or-async-def")
@needs("test_a_mail_leaves_after_the_response")
@hints(
    "Is the function that sends an async def? Then it runs on the event loop.",
    "Write the task as a plain def, and it runs in a thread. Or: await asyncio.to_thread(…).",
)
def test_a_mail_does_not_block_the_loop(shop, both, loop_probe):
    """While a mail is sent, other requests are answered."""
    for path, new in both:
        with shop.open() as api:
            response = api.post(path, json=new)
            assert response.status_code == 201
        assert loop_probe.blocked == [], (
            f"After POST {path}, send() was called on the event loop. It blocks: the response has "
            "left, but until the mail server is done, no other request is answered. A task that "
            "is a plain def runs in a thread."
        )


@section("what-a-task-is-given")
@needs("test_a_new_user_gets_a_welcome_mail", "test_an_order_is_confirmed")
@hints(
    "When is the session of the request closed? The type SessionDep of the starter says so.",
    'Depends(get_session, scope="function") closes it before the response. Without the scope it '
    "is closed after the tasks.",
    "Give the task what it needs as values: an address and a text.",
)
def test_no_session_is_open_while_a_mail_is_sent(shop, both):
    """While a mail is sent, no session is open."""
    for path, new in both:
        with shop.open() as api:
            response = api.post(path, json=new)
            assert response.status_code == 201
        for held in shop.held:
            assert counted(held, "open session") == "no open sessions", (
                f"After POST {path}, the mail was sent first and a session was closed later. "
                "A session holds a connection of the database, and there are few: a slow mail "
                "server would use them all up, and nobody could order."
            )


@section("the-audit-log")
@needs("test_an_order_is_confirmed")
@hints(
    "logs.py gives you audit, an ordinary logger. A header is a parameter: Header().",
    "x_request_id: Annotated[str | None, Header()] = None",
    'audit.info("order=%s request=%s", order.id, x_request_id)',
)
def test_an_order_leaves_one_audit_line(shop, order, request_id):
    """POST /orders writes one audit line, with the ids of the order and of the request."""
    for sent in (request_id, request_id[:13], None):
        headers = {"X-Request-ID": sent} if sent else {}
        # The second one is no UUID: any text may come.
        with shop.open() as api:
            response = api.post("/orders", json=order | {"quantity": 1}, headers=headers)
            assert response.status_code == 201
        order_id, lines = response.json()["id"], shop.log.lines("shop.audit")
        assert counted(lines, "line") == "1 line", why_not_one_line(shop.log, len(lines), sent)
        (line,) = lines
        if sent:
            assert sent in line, (
                "The audit line does not hold the header X-Request-ID as it was sent. With it, "
                "what one request did can be found in all logs."
            )
        assert str(order_id) in numbers(line.replace(sent or "-", "")), (
            f'The audit line is "{line}", and does not name the order {order_id}.'
        )


def why_not_one_line(log: Records, lines: int, sent: str | None) -> str:
    if lines > 1:
        return f"One order has left {lines} lines in the audit log. One line says all."
    others = sorted({record.name for record in log.kept})
    without = "" if sent else " This request had no header X-Request-ID."
    elsewhere = f" Something was written by the logger {others[0]}." if others else ""
    return (
        "The order was answered with 201, and the logger audit of logs.py has written no line."
        f"{without}{elsewhere}"
    )


@section("when-a-task-fails")
@needs("test_a_mail_leaves_after_the_response", "test_an_order_leaves_one_audit_line")
@hints(
    "Tasks run one after the other. When one raises, those behind it never run.",
    "Put a try around the send() inside the task.",
    "def send_mail(mailer, …) with try: mailer.send(…) and except Exception: log.exception(…)",
)
def test_a_mail_that_fails_stops_nothing_else(shop, both, order, names):
    """When a mail cannot be sent, the answer, the audit line and the next mail are as ever."""
    for error in (ConnectionRefusedError("no mail server"), ValueError("no such address")):
        for path, new in both:
            shop.fails["mail"] = [error]
            with shop.open() as api:
                response = api.post(path, json=new)
                assert response.status_code == 201
                again = api.post("/orders", json=order)
                assert again.status_code == 201, (
                    f"The mail of a POST {path} failed, and the next order was refused."
                )
            lines, due = shop.log.lines("shop.audit"), "2 lines" if path == "/orders" else "1 line"
            assert counted(lines, "line") == due, (
                "The mail failed first, and the audit line behind it was never written: an exception "
                "ends all tasks that follow. Nobody can see who ordered what."
            )
            assert counted(shop.sent, "mail") == "1 mail", (
                f"The mail of a POST {path} failed, and the mail of the next order was not sent "
                "either, though the mail server was back."
            )
        both[0] = ("/users", person(names[1]))


@section("when-a-task-fails")
@needs("test_a_mail_that_fails_stops_nothing_else")
@hints(
    "Nobody waits for a task. Only the log can tell that it failed.",
    'except Exception: log.exception("No mail for order %s", order_id)',
)
def test_a_mail_that_fails_is_logged(shop, both):
    """When a mail cannot be sent, the log says so at ERROR, and names the user or the order."""
    shop.fails["mail"] = [ConnectionRefusedError("no mail server")] * 20
    for path, new in both:
        with shop.open() as api:
            response = api.post(path, json=new)
            assert response.status_code == 201
        what, its_id = path.strip("/")[:-1], response.json()["id"]
        assert shop.log.worst == "ERROR", (
            f"The mail of POST {path} failed after the response had left, and your code has "
            "logged no error. The client cannot know of it, and now nobody else does."
        )
        lines = shop.log.lines(level=logging.ERROR)
        assert str(its_id) in numbers(*lines), (
            f'The log says "{lines[0]}". The {what} has the id {its_id}, and no line at ERROR '
            "names it, so nobody can send the mail again."
        )


@section("the-audit-log")
@needs("test_an_order_leaves_one_audit_line")
@hints(
    "A model in a log line shows all its fields.",
    "Log the ids, and nothing that was typed in: audit.info with order.id and the request id.",
)
def test_the_log_keeps_no_secrets(shop, both):
    """The log holds no password, no card token, no note and no mail."""
    for error in (None, ConnectionRefusedError("no mail server")):
        if error:
            shop.fails["mail"] = [error] * 20
            both[0] = ("/users", person("Zoe"))
        for path, new in both:
            with shop.open() as api:
                response = api.post(path, json=new)
                assert response.status_code == 201
            log = "\n".join(logging.Formatter().format(record) for record in shop.log.kept)
            when = " when the mail failed" if error else ""
            for key in ("password", "card_token", "note"):
                assert new.get(key, "a secret") not in log, (
                    f"After POST {path}{when}, the {key} of the request stands in the log. Logs "
                    "are copied, kept for years and read by many: whoever reads this one has it."
                )
            for mail in shop.tried:
                assert mail.body not in log, (
                    f"After POST {path}{when}, the body of the mail stands in the log. A log says "
                    "that a mail was sent, and to whom; what it says is the customer's."
                )


@section("a-status-to-ask-for")
@hints(
    "202 means accepted, and not done. The header Location says where to ask.",
    "add_report() and commit() first. Then a task that is given report.id.",
    'response.headers["Location"] = f"/reports/{report.id}"',
)
def test_a_report_is_accepted(shop):
    """POST /reports is 202, with the report still pending and its Location."""
    with shop.open() as api:
        response = api.post("/reports")
        assert response.status_code == 202
        report_id = response.json()["id"]
        pending = {"id": report_id, "status": "pending", "orders": None, "total_cents": None}
        assert response.json() == pending
        path = f"/reports/{report_id}"
        assert response.headers["location"] in (path, str(api.base_url.join(path))), (
            "The header Location leads to another place than the new report."
        )
    happened = shop.order("commit", "response", "report")
    assert len(happened) == 3, (
        f"In all, there was {' and '.join(happened)}. There must be a commit, so that the report "
        "can be asked for, and a call of session.add_up_sales() that makes it."
    )
    assert happened[0] == "commit", (
        f"The {happened[0]} came before the commit. Whoever asks for the report at once, or is "
        "to make it, does not find it."
    )
    assert ", then ".join(happened) == "commit, then response, then report", (
        "The report was made before the response left. 202 means that the work is still to be "
        "done, and the client has waited for all of it."
    )


@section("a-session-of-its-own")
@needs("test_a_report_is_accepted")
@hints(
    "Which session does the task use, and who closes it, and when?",
    "Give the task the id of the report. Inside it: with Session() as session.",
)
def test_a_report_has_a_session_of_its_own(shop):
    """A report is made with a session of its own, which the task opens and closes."""
    with shop.open() as api:
        response = api.post("/reports")
        assert response.status_code == 202
    made = [event for event in shop.events if event == "report"]
    assert counted(made, "report") == "1 report", (
        f"For one POST /reports, the sales were added up {len(made)} times."
    )
    saved = next(e for e in shop.events if e.startswith("commit ")).removeprefix("commit ")
    number = next(e for e in shop.events if e.startswith("report of ")).removeprefix("report of ")
    used = "the session of the request" if number == saved else "a session of its own"
    assert used == "a session of its own", (
        "The session was opened for the request, and the task used it after the response had "
        "left. Either it is closed by then, or the request holds its connection of the database "
        "until the task is done."
    )
    happened = shop.order(f"open {number}", f"close {number}", "report")
    assert happened[:2] == [f"open {number}", "report"], (
        "The task closed its session first, and used it afterwards."
    )
    assert counted(shop.held[0], "open session") == "1 open session", (
        f"While the report was made, {len(shop.held[0])} sessions were open: the request's was "
        "closed only after the task, and holds a connection of the database for nothing."
    )
    assert counted(shop.open_sessions, "open session") == "no open sessions", (
        "The report is made, the app has stopped, and the session of the task was never closed. "
        "With each report the database has a connection less."
    )


@section("def-or-async-def")
@needs("test_a_report_is_accepted")
@hints("Write the task as a plain def, and FastAPI runs it in a thread.")
def test_a_report_does_not_block_the_loop(shop, loop_probe):
    """While a report is made, other requests are answered."""
    with shop.open() as api:
        response = api.post("/reports")
        assert response.status_code == 202
    assert loop_probe.blocked == [], (
        "add_up_sales() was called on the event loop. It blocks: the response has left, but until "
        "the sales are added up, no other request is answered. A task that is a plain def runs "
        "in a thread."
    )


@section("a-status-to-ask-for")
@needs("test_a_report_is_accepted")
@hints(
    "finish_report() is a change like any other: it needs a commit.",
    "GET /reports/{report_id} asks session.get_report(), which knows every report.",
)
def test_a_report_is_done(shop, order, rng):
    """GET /reports/{report_id} shows how far a report is, and in the end what it says."""
    total, reports = 0, []
    for count in range(3):
        with shop.open() as api:
            response = api.post("/reports")
            assert response.status_code == 202
        report_id = response.json()["id"]
        reports.append({"id": report_id, "status": "done", "orders": count, "total_cents": total})
        with shop.store.Session() as session:
            quantity = rng.randint(1, 6)
            new = shop.store.NewOrder(**order | {"quantity": quantity})
            session.add_order(new, session.get_product(1))
            session.commit()
        total += quantity * 1250
    stored = counted(list(shop.store._reports), "report")
    assert stored == "3 reports", (
        "Three reports were asked for, and the store does not hold three. A report that nobody has "
        "asked for stays pending for ever: the task finishes the one whose id it was given."
    )
    # After a new start, as another process would: what is only in memory does not count.
    with shop.store.Session() as session:
        waiting = session.add_report().id
        session.commit()
    with shop.open() as api:
        response = api.get(f"/reports/{waiting}")
        assert response.status_code == 200, (
            "The check put a pending report into the store, as another worker of the app would. "
            f"GET /reports/{waiting} does not know it: reports live in the store, where all "
            "workers find them."
        )
        pending = {"id": waiting, "status": "pending", "orders": None, "total_cents": None}
        assert response.json() == pending
        for done in reports:
            status = shop.known.get(done["id"])
            assert status == "pending", (
                "While the sales were still being added up, the store said something else than "
                "pending: whoever asked then was told that the report is there, and it was not."
            )
            response = api.get(f"/reports/{done['id']}")
            assert response.status_code == 200
            still = response.json().get("status") == "pending"
            assert response.json() == done, (
                "The task has ended, and the report is pending for ever. What the task has "
                "changed is lost without a commit of its session."
                if still
                else ""
            )
        response = api.get(f"/reports/{waiting + 1000}")
        assert response.status_code == 404


@section("when-a-task-fails")
@needs("test_a_report_is_done")
@hints(
    "Whoever asks for a report must learn that it will never come.",
    'In the task: except Exception: log.exception(…), and session.finish_report(report_id, "failed")',
)
def test_a_report_that_fails_says_so(shop):
    """A report that cannot be made is failed, and the log says so at ERROR."""
    for error in (ArithmeticError("the sales do not add up"), ConnectionError("no database")):
        shop.fails["report"] = [error]
        with shop.open() as api:
            response = api.post("/reports")
            assert response.status_code == 202
            report_id = response.json()["id"]
        errors = shop.log.lines(level=logging.ERROR)
        with shop.open() as api:
            response = api.get(f"/reports/{report_id}")
            assert response.status_code == 200
            failed = {"id": report_id, "status": "failed", "orders": None, "total_cents": None}
            status = response.json().get("status")
            assert response.json() == failed, (
                "add_up_sales() raised, and the report is pending for ever: whoever asks for it waits "
                "for a thing that will never come."
                if status == "pending"
                else ""
            )
        assert str(report_id) in numbers(*errors), (
            f"The report {report_id} failed after the response had left, and no line at ERROR names "
            "it. The client reads that it failed; why, nobody will ever know."
        )


@section("a-session-of-its-own")
@needs("test_a_report_that_fails_says_so", "test_a_report_has_a_session_of_its_own")
@hints(
    "A close() at the end is not reached when something before it raises.",
    "with Session() as session: closes it, whatever happens inside.",
)
def test_a_report_that_fails_closes_its_session(shop):
    """A report that cannot be made leaves no session open."""
    shop.fails["report"] = [ArithmeticError("the sales do not add up")]
    with shop.open() as api:
        response = api.post("/reports")
        assert response.status_code == 202
    assert counted(shop.open_sessions, "open session") == "no open sessions", (
        "add_up_sales() raised first, and the close() behind it was never reached: "
        "its session is open for ever. With each report that fails, the database "
        "has a connection less, until nobody gets one."
    )


@section("def-or-async-def")
@needs("test_a_mail_does_not_block_the_loop", "test_a_report_does_not_block_the_loop")
@terminal_only("in the browser a def runs on the event loop, too")
@hints(
    "Is there a time.sleep() in an async def, or something else that takes long without an await?",
    "In a plain def it may stay. In an async def, write await asyncio.sleep(…).",
)
def test_nothing_else_blocks_the_loop(shop, order, names):
    """The event loop never stands still for 0.3 seconds or more."""
    for path in ("/users", "/orders", "/reports"):
        pauses = []
        # The best of three: a busy machine makes pauses, too.
        while len(pauses) < 3 and all(pause >= LONGEST_PAUSE for pause in pauses):
            newcomer = person(f"{names[0]}{len(pauses)}")
            body = {"/users": newcomer, "/orders": order, "/reports": None}[path]
            with shop.open() as api, api.beating() as heart:
                response = api.post(path, json=body)
                assert response.status_code in (201, 202)
            pauses.append(heart.longest)
        shortest = min(pauses)
        paused = f"{shortest:.1f} seconds" if shortest >= LONGEST_PAUSE else "no long pause"
        assert paused == "no long pause", (
            f"POST {path} came first, and then the event loop stood still for {paused}. "
            "Meanwhile nobody else is answered, also when this answer has left already."
        )
