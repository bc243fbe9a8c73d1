"""Builds the site and serves it below a sub-path, as somebody publishes it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from course import policy
from course.catalogue import ROOT
from course.site import write

SUB_PATH = "/fastapi-course/"


def build(folder: Path) -> None:
    """Build it strictly: a warning is a failure."""
    write(ROOT)
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={
            **os.environ,
            "NO_MKDOCS_2_WARNING": "1",
            "SITE_URL": f"https://course.example{SUB_PATH}",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    policy.add(folder)


class Served(SimpleHTTPRequestHandler):
    """The site below its sub-path."""

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix(SUB_PATH.rstrip("/")))

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def served(site: Path, handler: type[Served] = Served) -> Iterator[str]:
    """The address of the server, without the sub-path."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
