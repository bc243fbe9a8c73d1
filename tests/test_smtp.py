"""The mails of lesson 7 arrive at a real SMTP server, and what happens when there is none."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from course.catalogue import find
from course.harness.client import Api, running
from course.harness.load import load, unload
from course.harness.workspace import lay_out

USER = {"name": "Zoë", "email": "zoe@example.com", "password": "correct horse"}
ORDER = {"product_id": 1, "quantity": 2, "note": "Für Oma", "card_token": "tok_4f9a61"}


@dataclass
class Letterbox:
    """An SMTP server's handler that keeps what arrives."""

    envelopes: list[Envelope] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        return "250 OK"

    @property
    def mails(self) -> list[EmailMessage]:
        contents = [envelope.content for envelope in self.envelopes]
        return [message_from_bytes(c, policy=policy.default) for c in contents]  # type: ignore


@pytest.fixture
def port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def letterbox(port: int) -> Iterator[Letterbox]:
    box = Letterbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture
def api(port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Api]:
    """The solution, with its mails on the way to the port."""
    monkeypatch.setenv("SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("SMTP_PORT", str(port))
    lesson = find("7")
    lay_out(lesson.folder, lesson.solution, tmp_path)
    try:
        with running(load(tmp_path, "smtp").app) as api:
            yield api
    finally:
        unload(tmp_path, "smtp")


def test_the_mails_arrive(letterbox, api):
    user = api.post("/users", json=USER)
    assert user.status_code == 201
    order = api.post("/orders", json=ORDER | {"user_id": user.json()["id"]})
    assert order.status_code == 201
    assert [envelope.rcpt_tos for envelope in letterbox.envelopes] == [["zoe@example.com"]] * 2
    welcome, confirmation = letterbox.mails
    assert welcome["To"] == confirmation["To"] == "zoe@example.com"
    assert welcome["From"] == "shop@cornershop.example"
    assert welcome["Subject"] == "Welcome to the Corner Shop"
    assert "Zoë" in welcome.get_content()
    assert confirmation["Subject"] == f"Your order {order.json()['id']}"
    assert "Enamel mug" in confirmation.get_content()
    assert "Für Oma" in confirmation.get_content()


def test_what_is_refused_sends_nothing(letterbox, api):
    assert api.post("/users", json=USER).status_code == 201
    assert api.post("/users", json=USER).status_code == 409
    assert len(letterbox.mails) == 1


def test_without_a_server_the_answer_is_the_same_and_the_log_says_so(api, monkeypatch):
    written: list[logging.LogRecord] = []
    monkeypatch.setattr(logging.getLogger("shop"), "handlers", [Keeps(written)])
    response = api.post("/users", json=USER)
    assert response.status_code == 201
    (record,) = written
    assert record.levelno == logging.ERROR
    assert str(response.json()["id"]) in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[0] is ConnectionRefusedError


class Keeps(logging.Handler):
    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__()
        self.records = records

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
