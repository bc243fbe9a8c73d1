"""Keeps the learner's app running, and sends it the requests of the page."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
from staging import inside, lay_out_files, output_of, put_back

from course.harness.client import Api, Recorded, running
from course.harness.explain import explain
from course.harness.failure import Failure
from course.harness.frames import own_place
from course.harness.lifespan import ShutdownFailed, StartupFailed
from course.harness.load import LoadProblem, load
from course.harness.report import Check
from course.harness.words import text_of

PACKAGE = "tried"
TEXT = ("text/", "application/json", "application/xml", "application/javascript", "+json", "+xml")


class Tried:
    """One app: started with `start`, asked with `ask`, until the next `start`."""

    def __init__(self) -> None:
        self._running = ExitStack()
        self._home: tempfile.TemporaryDirectory[str] | None = None
        self._folder: Path | None = None
        self._environment: dict[str, str] = {}
        self._app: Any = None
        self._api: Api | None = None
        self._recorded: list[Recorded] = []

    def start(self, asked: str) -> str:
        """Import and start the app of `{"slug": …, "files": {…}, "environment": {…}}`.

        `{"problem": null or a Check, "output": what was printed}`, as JSON.
        """
        wanted = json.loads(asked)
        self.stop()
        self._home = tempfile.TemporaryDirectory(prefix="course-")
        home = Path(self._home.name).resolve()
        self._folder = lay_out_files(home, wanted["slug"], wanted["files"])
        self._environment = wanted["environment"]
        problem = None
        with self._at_work() as printed:
            try:
                self._app = load(self._folder, PACKAGE).app
                self._recorded.clear()
                self._api = self._running.enter_context(running(self._app, self._recorded))
            except (LoadProblem, StartupFailed) as error:
                problem = self._problem(error)
        return json.dumps({"problem": asdict(problem) if problem else None, "output": printed()})

    def ask(self, asked: str) -> str:
        """Send `{"method", "url", "headers": [[name, value], …], "body": text or null}`.

        `{"status", "headers": [[…]], "body", "text": whether the body is text and not base64,
        "seconds", "curl", "output", "error": null or what the app raised}`, as JSON.
        """
        wanted = json.loads(asked)
        assert self._api
        with self._at_work() as printed:
            request = self._api.build_request(
                wanted["method"],
                wanted["url"],
                headers=[(name, value) for name, value in wanted["headers"]],
                content=wanted["body"],
            )
            response = self._api.send(request, follow_redirects=False)
        recorded = self._recorded.pop()
        self._recorded.clear()
        told = {**_answer(response), "seconds": recorded.sent.seconds, "curl": recorded.sent.curl}
        return json.dumps({**told, "output": printed(), "error": self._error(recorded)})

    def openapi(self) -> str:
        """The OpenAPI document of the app, as JSON."""
        with self._at_work():
            return json.dumps(self._app.openapi())

    def stop(self) -> None:
        """Stop the app. That it stops without an error, the checks look at."""
        if self._home is None:
            return
        with self._at_work(), suppress(ShutdownFailed):
            self._running.close()
        self._home.cleanup()  # no longer from inside
        self._home = self._folder = self._api = self._app = None

    @contextmanager
    def _at_work(self) -> Iterator[Callable[[], str]]:
        """Where the app runs: in its folder, with its environment, and what it prints is kept."""
        assert self._folder
        with put_back(), output_of(self._folder) as printed, inside(self._folder):
            os.environ.update(self._environment)
            yield printed

    def _problem(self, error: BaseException) -> Check:
        assert self._folder
        told = explain(Failure(error, "body"), None, self._folder)
        check = Check("load", "The app can be imported and started", "error", told.kind)
        check.message, check.expected, check.actual = told.message, told.expected, told.actual
        if told.place:
            check.file, check.line, check.source = (
                told.place.file,
                told.place.line,
                told.place.source,
            )
        return check

    def _error(self, recorded: Recorded) -> str | None:
        """What the app raised, with the learner's line, where it did not answer for itself."""
        error = recorded.error
        if error is None:
            return None
        assert self._folder
        told = f"{type(error).__name__}: {text_of(error)}".removesuffix(": ")
        place = own_place(error, self._folder)
        return f"{told} ({place})" if place else told


def _answer(response: httpx.Response) -> dict[str, Any]:
    kind = response.headers.get("content-type", "").partition(";")[0]
    text = not response.content or any(part in kind for part in TEXT)
    body = response.text if text else base64.b64encode(response.content).decode()
    return {
        "status": response.status_code,
        "headers": response.headers.multi_items(),
        "body": body,
        "text": text,
    }


tried = Tried()
